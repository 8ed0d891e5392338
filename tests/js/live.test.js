import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { formatElapsed } from "../../static/js/live/clock.js";
import { startPolling } from "../../static/js/live/poll.js";
import { followStream } from "../../static/js/live/stream.js";

const settle = () => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

test("elapsed time is in seconds, then in minutes", () => {
  const texts = [0, 59, 60, 61, 3600].map(formatElapsed);
  const nbsp = "\u00a0";
  assert.deepEqual(
    texts,
    ["0 s", "59 s", "1 min", "1 min 1 s", "60 min"].map((text) => {
      return text.replace(/(\d) /g, `$1${nbsp}`);
    }),
  );
});

function poll(fetch, options = {}) {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  mock.method(globalThis, "fetch", fetch);
  const controller = new AbortController();
  const responses = [];
  startPolling({
    url: "/statut",
    delayMs: 700,
    intervalMs: 2_000,
    signal: controller.signal,
    isDue: () => true,
    onResponse: (response) => responses.push(response),
    ...options,
  });
  return { controller, responses };
}

test("polling asks after its delay, then at intervals, with the headers of the moment", async () => {
  let cursor = 0;
  const fetch = mock.fn(async () => new Response("a", { status: 200 }));
  const { responses } = poll(fetch, { getHeaders: () => ({ "Last-Event-ID": ++cursor }) });
  assert.equal(fetch.mock.callCount(), 0);
  mock.timers.tick(700);
  await settle();
  mock.timers.tick(1_300);
  await settle();
  assert.deepEqual(responses, [
    { status: 200, text: "a" },
    { status: 200, text: "a" },
  ]);
  const headers = fetch.mock.calls.map(({ arguments: [, options] }) => options.headers);
  assert.deepEqual(headers, [{ "Last-Event-ID": 1 }, { "Last-Event-ID": 2 }]);
});

test("polling goes on after a network error", async () => {
  let calls = 0;
  const { responses } = poll(async () => {
    calls += 1;
    if (calls === 1) throw new TypeError("Failed to fetch");
    return new Response("b", { status: 200 });
  });
  mock.timers.tick(700);
  await settle();
  assert.deepEqual(responses, []);
  mock.timers.tick(1_300);
  await settle();
  assert.equal(responses.length, 1);
});

test("polling has one request at a time, and none while it is not due", async () => {
  let isDue = false;
  const fetch = mock.fn(() => new Promise(() => {}));
  poll(fetch, { isDue: () => isDue });
  mock.timers.tick(10_000);
  assert.equal(fetch.mock.callCount(), 0);
  isDue = true;
  mock.timers.tick(10_000);
  assert.equal(fetch.mock.callCount(), 1);
});

test("aborted polling asks no more and reports no late response", async () => {
  let answer;
  const fetch = mock.fn(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  const { controller, responses } = poll(fetch);
  mock.timers.tick(700);
  controller.abort();
  answer(new Response("c"));
  await settle();
  mock.timers.tick(60_000);
  assert.equal(fetch.mock.callCount(), 1);
  assert.deepEqual(responses, []);
});

class FakeEventSource extends EventTarget {
  static CLOSED = 2;
  static opened = [];
  readyState = 0;

  constructor(url) {
    super();
    this.url = url;
    FakeEventSource.opened.push(this);
  }

  close() {
    this.readyState = FakeEventSource.CLOSED;
  }
}

function stream() {
  mock.timers.enable({ apis: ["setTimeout"] });
  FakeEventSource.opened = [];
  const page = Object.assign(new EventTarget(), { hidden: false });
  const target = new EventTarget();
  Object.assign(globalThis, {
    EventSource: FakeEventSource,
    document: page,
    addEventListener: target.addEventListener.bind(target),
  });
  const controller = new AbortController();
  const messages = [];
  const followed = followStream({
    getUrl: () => "/flux",
    isWanted: () => true,
    onMessage: (data) => messages.push(data),
    signal: controller.signal,
  });
  return { controller, followed, messages, page, opened: FakeEventSource.opened, target };
}

test("stream is receiving from its first sign until it breaks", () => {
  const { followed, messages, opened } = stream();
  assert.equal(followed.isReceiving, false);
  opened[0].dispatchEvent(new Event("suivi"));
  assert.equal(followed.isReceiving, true);
  opened[0].dispatchEvent(Object.assign(new Event("message"), { data: "<p>" }));
  assert.deepEqual(messages, ["<p>"]);
  opened[0].dispatchEvent(new Event("error"));
  assert.equal(followed.isReceiving, false);
  assert.equal(opened.length, 1, "the browser reconnects by itself");
});

test("refused stream is asked for again later", () => {
  const { opened } = stream();
  opened[0].close();
  opened[0].dispatchEvent(new Event("error"));
  mock.timers.tick(29_999);
  assert.equal(opened.length, 1);
  mock.timers.tick(1);
  assert.equal(opened.length, 2);
});

test("stream of a hidden page is closed, and opened when it is seen again", () => {
  const { opened, page } = stream();
  page.hidden = true;
  page.dispatchEvent(new Event("visibilitychange"));
  assert.equal(opened[0].readyState, FakeEventSource.CLOSED);
  page.hidden = false;
  page.dispatchEvent(new Event("visibilitychange"));
  assert.equal(opened.length, 2);
});

test("aborted stream leaves no listener and no timer", () => {
  const { controller, opened, page, target } = stream();
  opened[0].close();
  opened[0].dispatchEvent(new Event("error"));
  controller.abort();
  page.dispatchEvent(new Event("visibilitychange"));
  target.dispatchEvent(new Event("pageshow"));
  mock.timers.tick(120_000);
  assert.equal(opened.length, 1);
});
