import { expect, it } from 'vitest';
import { LogParser, newestBytes } from '../docker/logs';
import { Redactor } from '../log';
import { MAX_LOG_BYTES, ServiceLogs, type LogsDeps } from './logs';

const line = (index: number) => `${index} the password is hunter2hunter2 ${'x'.repeat(6_000)}`;

/** One record as Docker sends it. */
function frame(text: string): Buffer {
	const payload = Buffer.from(`2026-01-02T03:04:05.000000000Z ${text}\n`);
	const header = Buffer.alloc(8);
	header[0] = 1;
	header.writeUInt32BE(payload.length, 4);
	return Buffer.concat([header, payload]);
}

/** 30 MB, as 5,000 long statements make. */
const flood = Buffer.concat(Array.from({ length: 5_000 }, (_, index) => frame(line(index))));

it('keeps the newest whole records', () => {
	const two = Buffer.concat([frame('b'), frame('c')]);
	const three = Buffer.concat([frame('a'), two]);
	expect(newestBytes(three, two.length)).toEqual(two);
	expect(newestBytes(three, three.length)).toEqual(three);
	expect(newestBytes(three, two.length - 1)).toEqual(frame('c'));
	expect(newestBytes(three, 3)).toHaveLength(0);
});

it('reads 2 MiB of a flood at most, without secrets, and lets others have their turn meanwhile', async () => {
	const redactor = new Redactor();
	redactor.add('hunter2hunter2');
	const containers: LogsDeps['containers'] = { find: () => Promise.resolve({ id: 'c' }) };
	const docker: LogsDeps['docker'] = {
		containers: {
			logs: (_, { maxBytes = flood.length }) =>
				Promise.resolve(new LogParser().push(newestBytes(flood, maxBytes))),
			follow: () => {
				throw new Error('not asked for');
			},
		},
	};
	let turns = 0;
	let isDone = false;
	const count = (): void => {
		turns += 1;
		if (!isDone) setImmediate(count);
	};
	setImmediate(count);
	const lines = await new ServiceLogs({ docker, containers, redactor }).read('svc', { tail: 5_000 });
	isDone = true;
	expect(turns).toBeGreaterThan(20);
	expect(lines.at(-1)?.line).toMatch(/^4999 the password is \[redacted\] x+$/);
	expect(lines.filter((one) => one.line.includes('hunter2'))).toEqual([]);
	const bytes = lines.reduce((sum, one) => sum + one.line.length, 0);
	expect(bytes).toBeLessThanOrEqual(MAX_LOG_BYTES);
	expect(bytes).toBeGreaterThan(MAX_LOG_BYTES * 0.95);
});
