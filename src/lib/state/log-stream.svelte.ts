import { api } from '$lib/trpc/api';
import type { RouterOutputs } from '$lib/trpc/client';

type RawLine = RouterOutputs['services']['logs']['lines'][number];
export type LogLine = RawLine & { id: number };

/** More than anybody reads, and little enough that searching it on each key press is not felt. */
const most = 5000;
const tail = 500;
/** Lines that come together are shown together: a busy server writes hundreds a second. */
const flushMs = 100;

/** A server's log, live. While paused, what comes waits and is counted. */
export class LogStream {
	lines = $state.raw<readonly LogLine[]>([]);
	state = $state<'connecting' | 'live' | 'broken'>('connecting');
	isPaused = $state(false);
	/** How many lines arrived while paused. */
	waiting = $state(0);
	/** How many were let go at the top since the stream began, so that a list can keep its place. */
	dropped = $state(0);

	#pending: LogLine[] = [];
	#nextId = 1;
	#isAnew = false;
	#timer: ReturnType<typeof setTimeout> | undefined;

	/** Follows until the returned function is called. Lines already held stay where they are. */
	follow(serviceId: string): () => void {
		const subscription = api.services.followLogs.subscribe(
			{ serviceId, tail },
			{
				onStarted: () => {
					// After a lost connection the tail is sent anew; what is shown stays until it has come.
					this.#pending = [];
					this.#isAnew = true;
					this.state = 'live';
				},
				onData: (line) => this.#take(line),
				onError: () => (this.state = 'broken'),
				onComplete: () => (this.state = 'broken'),
			},
		);
		return () => {
			subscription.unsubscribe();
			clearTimeout(this.#timer);
			this.#timer = undefined;
		};
	}

	pause(): void {
		this.isPaused = true;
	}

	resume(): void {
		this.isPaused = false;
		this.#flush();
	}

	#take(line: RawLine): void {
		this.#pending.push({ ...line, id: this.#nextId++ });
		if (this.#pending.length > most) this.#pending.shift();
		this.#timer ??= setTimeout(() => {
			this.#timer = undefined;
			this.#flush();
		}, flushMs);
	}

	#flush(): void {
		if (this.isPaused) {
			this.waiting = this.#pending.length;
			return;
		}
		const all = this.#isAnew ? this.#pending : [...this.lines, ...this.#pending];
		if (this.#isAnew) this.dropped = 0;
		this.#isAnew = false;
		this.#pending = [];
		this.waiting = 0;
		this.dropped += Math.max(0, all.length - most);
		this.lines = all.slice(-most);
	}
}
