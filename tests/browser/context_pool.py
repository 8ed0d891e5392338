"""Visitors of a site, each with nothing from before, though they share contexts: a new one takes long to make."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.error_log import BrowserErrorLog

DESK = {"width": 1280, "height": 900}


@dataclass
class PooledContext:
    """One visitor's browser: `page` is the first that they have open."""

    context: BrowserContext
    error_log: BrowserErrorLog
    url: str
    page: Page
    pool_key: str  # only contexts of one kind take each other's place
    is_alone: bool
    keeps_page: bool


class ContextPool:
    """The contexts of a browser; one that was left is taken again by who asks for the same site and options."""

    def __init__(self, browser: Browser, patience_ms: int) -> None:
        self._browser, self._patience_ms = browser, patience_ms
        self._idle: dict[str, list[PooledContext]] = {}

    def acquire(self, url: str, is_alone: bool = False, keeps_page: bool = False, **options: Any) -> PooledContext:
        """A new visitor of the site.

        `is_alone` where a test changes what no context gives back, its clock; `keeps_page` where it only looks at
        pages, so that the next such test may go on in the same: theme and window are left as they are.
        """
        kind = repr((url, keeps_page, sorted(options.items())))
        if not is_alone and self._idle.get(kind):
            return self._idle[kind].pop()
        context = self._browser.new_context(base_url=url, locale="fr-FR", **{"viewport": DESK} | options)
        context.set_default_timeout(self._patience_ms)
        return PooledContext(
            context, BrowserErrorLog(context, url), url, context.new_page(), kind, is_alone, keeps_page
        )

    def release(self, visit: PooledContext) -> None:
        """Forget all of the visitor: pages with their routes and listeners, cookies, storage, permissions."""
        if visit.is_alone:
            visit.context.close()
            return
        if visit.keeps_page:
            visit.page.goto("/sante")  # nothing of it lives, and the browser's process of this site stays
        else:
            visit.page = visit.context.new_page()  # before the others go, for the same reason
        for page in visit.context.pages:
            if page is not visit.page:
                page.close()
        visit.context.clear_permissions()
        session = visit.context.new_cdp_session(visit.page)
        session.send("Storage.clearDataForOrigin", {"origin": visit.url, "storageTypes": "all"})
        session.detach()
        visit.context.clear_cookies()
        visit.error_log.errors.clear()
        self._idle.setdefault(visit.pool_key, []).append(visit)
