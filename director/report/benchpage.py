"""What a bench found, as a page: pictures with intervals, and the same in tables."""

from director.core.bench.summary import BenchSummary
from director.report.charts import SHAPES, draw_cost, draw_scatter, draw_time
from director.report.html import render_page
from director.report.text import first_line


def bench_page(summary: BenchSummary, *, made: str) -> str:
    """Return the page; `made` is when, for people."""
    return render_page(
        "bench.html.j2",
        styles=("style.css", "bench.css"),
        scripts=(),
        title=first_line(summary.task, 80) or "A bench",
        summary=summary,
        made=made,
        shapes=SHAPES,
        scatter=draw_scatter(summary),
        cost=draw_cost(summary),
        time=draw_time(summary),
        played=[profile.profile for profile in summary.profiles if profile.is_played],
    )
