import { expect, it } from 'vitest';
import { Connections } from './connections';
import { Gate } from './gate';

it('runs at most so many at once, lets so many wait and refuses the rest', async () => {
	const gate = new Gate({ limit: 2, maxWaiting: 3 });
	let running = 0;
	let most = 0;
	const task = async () => {
		running += 1;
		most = Math.max(most, running);
		await new Promise((resolve) => setImmediate(resolve));
		running -= 1;
	};
	const results = await Promise.allSettled(Array.from({ length: 6 }, () => gate.run(task)));
	expect(most).toBe(2);
	expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
	expect(results.at(-1)).toMatchObject({ status: 'rejected', reason: { code: 'THROTTLED' } });
});

it('gives its place on when a task fails', async () => {
	const gate = new Gate({ limit: 1, maxWaiting: 1 });
	const failing = gate.run(() => Promise.reject(new Error('no')));
	const next = gate.run(() => Promise.resolve('next'));
	await expect(failing).rejects.toThrow('no');
	await expect(next).resolves.toBe('next');
	await expect(gate.run(() => Promise.resolve('again'))).resolves.toBe('again');
});

it('keeps sockets by credential until they are closed or leave', () => {
	const connections = new Connections();
	const closed: string[] = [];
	const socket = (name: string) => ({ close: () => void closed.push(name) });
	const leave = connections.add('one', socket('a'));
	connections.add('one', socket('b'));
	connections.add('two', socket('c'));
	leave();
	expect(connections.count('one')).toBe(1);
	connections.close('one');
	connections.close('one');
	expect(closed).toEqual(['b']);
	expect(connections.count('one')).toBe(0);
	expect(connections.count('two')).toBe(1);
});
