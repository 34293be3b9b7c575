"""The demo's day as one page that needs nothing else: `page(told)`."""

from tarazu.app.demo.report.whole import page

__all__ = ["page"]
