import { describe, expect, it, vi } from 'vitest';
import { patientFetch } from './patient-fetch';

const ok = () => new Response('{}', { headers: { 'content-type': 'application/json' } });
const badGateway = () => new Response('<h1>', { status: 502, headers: { 'content-type': 'text/html' } });
const refuse = () => {
	throw new TypeError('Failed to fetch');
};

/** A fetch that answers so, in this order. */
function scripted(...answers: (() => Response)[]) {
	const fetch = vi.fn<typeof globalThis.fetch>(async () => (answers.shift() ?? ok)());
	const watch = { onLost: vi.fn(), onBack: vi.fn() };
	return { fetch, watch, patient: patientFetch(fetch, watch, 1) };
}

describe('patientFetch', () => {
	it('asks a second time at once, and tells nobody', async () => {
		const { watch, patient } = scripted(refuse, ok);
		expect((await patient('/trpc/x')).status).toBe(200);
		expect(watch.onLost).not.toHaveBeenCalled();
	});

	it('waits as long as it takes, and tells when it began and ended', async () => {
		const { fetch, watch, patient } = scripted(refuse, refuse, badGateway, refuse, ok);
		expect((await patient('/trpc/x')).status).toBe(200);
		expect(fetch).toHaveBeenCalledTimes(5);
		expect(watch.onLost).toHaveBeenCalledTimes(1);
		expect(watch.onBack).toHaveBeenCalledTimes(1);
	});

	it('passes on what sh0 itself says, whatever its status', async () => {
		const { patient } = scripted(() => Response.json({}, { status: 503 }));
		expect((await patient('/trpc/x')).status).toBe(503);
	});

	it('never sends a change twice', async () => {
		const { fetch, patient } = scripted(refuse, ok);
		await expect(patient('/trpc/x', { method: 'POST' })).rejects.toThrow('Failed to fetch');
		expect(fetch).toHaveBeenCalledTimes(1);
	});

	it('gives up when its caller does', async () => {
		const { patient } = scripted(refuse, refuse);
		const aborted = AbortSignal.abort();
		await expect(patient('/trpc/x', { signal: aborted })).rejects.toThrow();
	});
});
