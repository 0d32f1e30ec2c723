/** Whether what is shown is as it is now: events come in, or have been missed. */
export type Liveness = 'connecting' | 'live' | 'broken';

/** What is done with events. */
export interface Listener {
  /** By the event's type; the data is JSON. Read at each event, so that it may change. */
  readonly on: () => Readonly<Record<string, (data: unknown) => void>>;
  /** Events may have been missed: read the state anew. */
  readonly onAgain: () => void;
  readonly onLiveness: (liveness: Liveness) => void;
}

const againMs = 5_000;

/** What the hub tells about; a line that several read listens to all of it. */
const allTypes = ['request', 'task', 'tunnel'];

/**
 * Listens to server-sent events. After a break nothing is sent again, so `onAgain` is called when the stream is there once more, and when
 * the hub says that this listener was too slow. A browser comes back by itself from a broken connection, but not from an answer that is no
 * stream (a proxy's 502 while the hub restarts): then a new stream is begun every five seconds.
 */
export class EventLine {
  private source: EventSource | undefined;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private wasOpen = false;

  constructor(
    private readonly url: string,
    private readonly types: readonly string[],
    private readonly listener: Listener,
  ) {}

  /** Begins to listen; nothing when it does already. */
  open(): void {
    if (this.source || this.waiting !== undefined) return;
    const source = new EventSource(this.url);
    this.source = source;
    source.onopen = () => {
      this.listener.onLiveness('live');
      if (this.wasOpen) this.listener.onAgain();
      this.wasOpen = true;
    };
    source.onerror = () => {
      this.listener.onLiveness('broken');
      if (source.readyState !== EventSource.CLOSED || this.source !== source) return;
      this.source = undefined;
      this.waiting = setTimeout(() => {
        this.waiting = undefined;
        this.open();
      }, againMs);
    };
    source.addEventListener('missed', () => this.listener.onAgain());
    for (const type of this.types) {
      source.addEventListener(type, (event: MessageEvent<string>) => this.listener.on()[type]?.(JSON.parse(event.data)));
    }
  }

  /** Listens no more, until it is opened again. */
  close(): void {
    clearTimeout(this.waiting);
    this.waiting = undefined;
    this.source?.close();
    this.source = undefined;
  }
}

/** One stream for all who listen to the same in a window: browsers have six connections for all windows of a hub. */
export class SharedLine {
  private readonly readers = new Set<Listener>();
  private readonly line: EventLine;
  private liveness: Liveness = 'connecting';

  constructor(url: string) {
    this.line = new EventLine(url, allTypes, {
      on: () => Object.fromEntries(allTypes.map((type) => [type, (data: unknown) => this.readers.forEach((reader) => reader.on()[type]?.(data))])),
      onAgain: () => this.readers.forEach((reader) => reader.onAgain()),
      onLiveness: (to) => {
        this.liveness = to;
        this.readers.forEach((reader) => reader.onLiveness(to));
      },
    });
  }

  /** Whether nobody listens. */
  get isIdle(): boolean {
    return this.readers.size === 0;
  }

  /** Begins to tell somebody, who is told at once how the line is. */
  add(reader: Listener): void {
    this.readers.add(reader);
    reader.onLiveness(this.liveness);
    this.look();
  }

  /** Tells them no more; the last one closes the line. */
  remove(reader: Listener): void {
    this.readers.delete(reader);
    this.look();
  }

  /** A window in the background holds no connection. */
  look(): void {
    if (this.isIdle || document.hidden) this.line.close();
    else this.line.open();
  }
}
