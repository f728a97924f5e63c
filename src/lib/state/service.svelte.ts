import { api } from '$lib/trpc/api';
import type { RouterOutputs } from '$lib/trpc/client';

type Stats = RouterOutputs['services']['stats'];

/** A service's samples of the last hour, kept up to date by asking for what is new. */
export class LiveStats {
	readonly #serviceId: string;
	stats: Stats | null = $state.raw(null);

	constructor(serviceId: string, initial: Stats | null) {
		this.#serviceId = serviceId;
		this.stats = initial;
	}

	/** Asks for the newest samples. Without an answer the chart keeps what it has and shows the gap. */
	async poll(): Promise<void> {
		const known = this.stats?.points ?? [];
		const sinceMs = known.at(-1)?.atMs;
		try {
			const next = await api.services.stats.query({
				serviceId: this.#serviceId,
				...(sinceMs === undefined ? {} : { sinceMs }),
			});
			const most = Math.ceil(3_600_000 / next.intervalMs);
			this.stats = { ...next, points: [...known, ...next.points].slice(-most) };
		} catch {
			return;
		}
	}
}
