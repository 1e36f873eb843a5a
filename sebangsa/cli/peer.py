import click
command = click.Group("peer")
