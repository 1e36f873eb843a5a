from tests.api.calling import Caller
async def test_dbg(ani: Caller, budi: Caller) -> None:
    posted = await ani.post("/api/v1/statuses", status="@budi rahasia", visibility="direct")
    async with ani.instance.inside():
        from sebangsa.models import Notification, Post, Mention
        from sebangsa.visibility import readable
        print([(n.type,n.post_id,n.recipient_id) for n in await Notification.all()], budi.id)
        print([(m.actor_id) for m in await Mention.all()])
        print(await readable(Post.all(), budi.actor).sql() if False else readable(Post.all(), budi.actor).sql())
        print(await readable(Post.all(), budi.actor))
    assert 0
