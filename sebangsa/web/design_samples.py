"""What the pieces show on `/design`: content of the kind that people write here, and the awkward kinds too."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from sebangsa.web.pieces import (
    Action,
    Cell,
    Choice,
    Comment,
    Crumb,
    Entry,
    Event,
    Face,
    Link,
    Option,
    Picture,
    Point,
    Poll,
    Reaction,
    Status,
    Tab,
)
from sebangsa.web.presenting import PostView

SARI = Face("Sari Wulandari", "sari", "/u/sari")
BAYU = Face("Bayu Prasetyo", "bayu@mastodon.example", "/u/bayu@mastodon.example")
LONG = Face(
    "Raden Ayu Siti Nurhaliza Kusumawardhani Tjokroadisoerjo binti Abdurrahman",
    "siti_nurhaliza_kusuma",
    "/u/s",
)
RTL = Face("محمد الأنصاري", "muhammad", "/u/muhammad")
TEBET = Face("Warga Tebet", "tebet", "/c/tebet", kind="community")
DINAS = Face("Dinas Bina Marga DKI Jakarta", "binamarga", "/u/binamarga", kind="body", is_official=True)
MENU = (
    Action("Edit", "pencil", href="#"),
    Action("Report", "flag", href="#"),
    Action("Delete", "trash-2", action="/design", is_danger=True, confirm="Delete this post?"),
)


def samples(now: datetime, image: str) -> dict[str, Any]:
    """What the pieces show on the page; `image` stands for any picture."""
    photo = Picture(
        image, 640, 360, "Lubang selebar satu meter di tengah jalan, tergenang air", "#", 1_240_000
    )
    tall = Picture(image, 270, 640, "Poster jadwal ronda, sangat tinggi")
    statuses = (
        Status("Diterima", "wait", 1),
        Status("Butuh keterangan", "warn", 2),
        Status("Dikerjakan", "wait", 3),
        Status("Selesai, dibenarkan pelapor", "good", 4),
        Status("Ditolak", "bad", 4),
    )
    return {
        "now": now,
        "faces": (SARI, BAYU, LONG, RTL, TEBET, DINAS),
        "sari": SARI,
        "tebet": TEBET,
        "dinas": DINAS,
        "menu_actions": MENU,
        "photo": photo,
        "posts": _posts(now, photo, tall),
        "poll": Poll(
            (
                Option("Sabtu pagi, sebelum panas", "1"),
                Option("Minggu sore", "2"),
                Option("Dua minggu sekali saja", "3"),
            ),
            128,
            now + timedelta(days=2),
            action="/design",
        ),
        "result": Poll(
            (
                Option("Sabtu pagi, sebelum panas", "1", 71, True),
                Option("Minggu sore", "2", 42),
                Option("Dua minggu sekali saja", "3", 15),
            ),
            128,
            is_closed=True,
        ),
        "event": Event(
            now + timedelta(days=5, hours=3),
            "Balai RW 05, Jl. Tebet Timur Dalam II No. 14",
            now + timedelta(days=5, hours=6),
            43,
        ),
        "statuses": statuses,
        "reports": _reports(now, photo, statuses),
        "entries": (
            Entry(
                "Diterima",
                "wait",
                now - timedelta(days=6, hours=4),
                SARI,
                "Laporan dikirim ke Dinas Bina Marga.",
            ),
            Entry(
                "Ditugaskan",
                "wait",
                now - timedelta(days=5),
                DINAS,
                "Tim Jakarta Selatan akan memeriksa paling lambat Kamis.",
            ),
            Entry(
                "Butuh keterangan",
                "warn",
                now - timedelta(days=3),
                DINAS,
                "Apakah lubang di lajur kiri atau kanan, dari arah Manggarai?",
            ),
            Entry(
                "Selesai menurut dinas",
                "good",
                now - timedelta(hours=3),
                DINAS,
                "Sudah ditambal dengan aspal panas.",
                (photo,),
            ),
        ),
        "comments": _comments(now),
        "tabs_shown": (
            Tab("Ramai", "/design", 12),
            Tab("Terbaru", "#", 4310),
            Tab("Laporan", "#"),
            Tab("Acara", "#"),
            Tab("Anggota", "#", 1284),
            Tab("Aturan", "#"),
        ),
        "crumbs": (
            Crumb("Komunitas", "#"),
            Crumb("Warga Tebet", "#"),
            Crumb("Jalan berlubang dekat Stasiun Tebet"),
        ),
        "options": (
            Choice("jalan", "Jalan dan trotoar", "Lubang, retak, paving lepas", "construction"),
            Choice("lampu", "Penerangan jalan", "Lampu mati atau rusak", "lightbulb"),
            Choice("air", "Air dan saluran", "Got mampet, banjir, pipa bocor", "droplets"),
            Choice("sampah", "Sampah", "Menumpuk atau dibakar", "trash"),
        ),
        "bars": (
            Point("Jalan dan trotoar", 412),
            Point("Sampah", 268),
            Point("Penerangan jalan", 197),
            Point("Air dan saluran", 154),
            Point("Pohon dan taman", 41),
        ),
        "line": tuple(
            Point(word, value)
            for word, value in zip(
                ("Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt"),
                (84, 121, 98, 160, 231, 205, 268),
                strict=True,
            )
        ),
        "shares": (
            Point("Selesai", 512),
            Point("Dikerjakan", 231),
            Point("Menunggu", 144),
            Point("Ditolak", 37),
        ),
        "rows": (
            ("Dinas Bina Marga", 412, Cell("3,2 hari", is_number=True), Cell("91%", is_number=True)),
            ("Dinas Lingkungan Hidup", 268, Cell("1,8 hari", is_number=True), Cell("96%", is_number=True)),
            ("Dinas Sumber Daya Air", 154, Cell("6,5 hari", is_number=True), Cell("74%", is_number=True)),
        ),
    }


def _posts(now: datetime, photo: Picture, tall: Picture) -> list[PostView]:
    def post(number: int, minutes: int, text: str, **more: Any) -> PostView:
        values: dict[str, Any] = {
            "author": SARI,
            "menu": MENU,
            "vote_action": "/design",
            "community": TEBET,
            **more,
        }
        html = Markup("<p>{}</p>").format(text)
        return PostView(
            id=number, href=f"#p{number}", at=now - timedelta(minutes=minutes), html=html, **values
        )

    return [
        post(
            1,
            5,
            "Sudah dua minggu, motor harus zig-zag. Kemarin malam ada yang jatuh karena lubangnya tertutup air. Ada yang "
            "tahu ini jalan kota atau jalan provinsi?",
            title="Jalan berlubang di depan Stasiun Tebet makin dalam",
            score=128,
            mine=1,
            replies=24,
            reactions=(
                Reaction("🙏", 14, "1", is_mine=True),
                Reaction(":banjir:", 3, "2", picture=photo.src),
                Reaction("😮", 1, "3"),
            ),
            pictures=(photo,),
        ),
        post(
            2,
            190,
            "Baca sampai selesai sebelum berkomentar ya.",
            title="MRT fase 2B: apa artinya untuk Tebet",
            author=BAYU,
            score=1240,
            replies=312,
            link=Link(
                "https://kompas.example/mrt",
                "kompas.example",
                "Groundbreaking MRT fase 2B dimulai awal tahun depan",
                "Trase sepanjang 5,2 kilometer menghubungkan Kota dan Ancol Barat.",
            ),
            is_pinned=True,
        ),
        post(
            3,
            1600,
            "Yang mau ikut, balas di sini. Anak-anak boleh ikut, sarung tangan disediakan.",
            title="Kerja bakti membersihkan Kali Ciliwung",
            score=-3,
            mine=-1,
            replies=1,
        ),
        post(
            4,
            4000,
            "Kapan warga bisa berkumpul?",
            title="Pilih hari kerja bakti",
            author=LONG,
            score=42,
            replies=0,
        ),
        post(
            5,
            60,
            "Warung Bu Tini pindah ke sebelah masjid. Sotonya masih sama enaknya!",
            community=None,
            author=RTL,
            replies=3,
            score=12,
            boosted_by=BAYU,
            visibility="followers",
            edited_at=now,
        ),
        post(
            6,
            30,
            "Foto kecelakaan tadi pagi, mohon bijak.",
            title="Kecelakaan di perlintasan",
            warning="Foto kecelakaan, mungkin mengganggu",
            pictures=(photo, photo, photo),
            score=8,
            is_locked=True,
        ),
        post(7, 30, "", title="Kiriman yang melanggar aturan", is_removed=True, score=0),
        post(
            8,
            90,
            "هذا نص طويل من اليمين إلى اليسار لاختبار الاتجاه في الصفحة.",
            title="Jadwal ronda RT 03 bulan ini",
            pictures=(tall,),
            score=5,
        ),
    ]


def _reports(now: datetime, photo: Picture, statuses: tuple[Status, ...]) -> list[dict[str, Any]]:
    common = {
        "category": "Jalan berlubang",
        "place": "Jl. KH Abdullah Syafei, Tebet, Jakarta Selatan",
        "office": "Dinas Bina Marga DKI Jakarta",
        "expected_at": None,
        "is_overdue": False,
        "flags": (),
        "picture": None,
        "href": "#",
    }
    return [
        {
            **common,
            "title": "Lubang besar di lajur kiri depan stasiun",
            "reference": "JKT-2026-004172",
            "status": statuses[2],
            "at": now - timedelta(days=6),
            "expected_at": now + timedelta(days=2),
            "picture": photo,
        },
        {
            **common,
            "title": "Lampu jalan mati sepanjang gang",
            "reference": "JKT-2026-004180",
            "status": statuses[1],
            "category": "Lampu mati",
            "at": now - timedelta(days=12),
            "is_overdue": True,
            "office": "",
        },
        {
            **common,
            "title": "Saluran air mampet",
            "reference": "JKT-2026-003981",
            "status": statuses[3],
            "at": now - timedelta(days=30),
        },
        {
            **common,
            "title": "Parkir liar di trotoar",
            "reference": "JKT-2026-003977",
            "status": statuses[4],
            "at": now - timedelta(days=31),
        },
    ]


def _comments(now: datetime) -> list[Comment]:
    def comment(
        number: int, author: Face, text: str, replies: tuple[Comment, ...] = (), **more: Any
    ) -> Comment:
        values = {"vote_action": "/design", "reply_href": "#", "menu": MENU, "score": 40 - number * 3, **more}
        html = Markup("<p>{}</p>").format(text)
        return Comment(
            100 + number,
            author,
            now - timedelta(minutes=number * 17),
            html,
            f"#p{100 + number}",
            replies=replies,
            **values,
        )

    return [
        comment(
            1,
            BAYU,
            "Itu jalan kota. Lapor saja lewat sini, biasanya dijawab dalam tiga hari.",
            (
                comment(
                    2,
                    SARI,
                    "Terima kasih! Sudah saya laporkan barusan.",
                    (
                        comment(
                            3,
                            DINAS,
                            "Selamat siang, laporan sudah kami terima. Tim akan memeriksa besok pagi.",
                            mine=1,
                        ),
                    ),
                    is_author_of_post=True,
                ),
                comment(4, LONG, "Saya juga hampir jatuh di situ minggu lalu.", more=5),
            ),
        ),
        comment(
            5, RTL, "Dilipat: tiga jawaban di bawahnya.", (comment(6, SARI, "Jawaban."),), is_collapsed=True
        ),
        comment(7, BAYU, "", is_removed=True),
    ]
