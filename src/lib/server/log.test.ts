import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from './errors';
import { createLogger, Redactor } from './log';
import { Secret } from './secret';
import { secretForms } from './secret-forms';

function capture(level: 'debug' | 'info' | 'warn' | 'error' = 'debug') {
	const lines: string[] = [];
	const redactor = new Redactor();
	const log = createLogger({ level, redactor, write: (line) => lines.push(line) });
	return { lines, redactor, log };
}

describe('Redactor', () => {
	const value = 'pä"ss\\w\'ord /+?&=% 🔑';

	it.each(secretForms(value).map((form) => [form]))('takes out the form %s', (form) => {
		const redactor = new Redactor();
		redactor.add(value);
		expect(redactor.redact(`before ${form} after`)).toBe('before [redacted] after');
	});

	it('takes out a value inside a longer base64 text', () => {
		const redactor = new Redactor();
		redactor.add('correct-horse-battery');
		for (const user of ['a', 'ab', 'abc', 'abcd']) {
			const text = Buffer.from(`${user}:correct-horse-battery:tail`).toString('base64');
			expect(redactor.redact(text)).toContain('[redacted]');
			const rest = Buffer.from(redactor.redact(text).replace('[redacted]', ''), 'base64').toString('latin1');
			expect(rest).not.toContain('horse');
		}
	});

	it('takes out the longer of two secrets that start alike', () => {
		const redactor = new Redactor();
		redactor.add('swordfish');
		redactor.add('swordfish-two');
		expect(redactor.redact('swordfish-two swordfish')).toBe('[redacted] [redacted]');
	});

	it('leaves a text alone that holds no secret, and ignores values too short to search for', () => {
		const redactor = new Redactor();
		redactor.add('a');
		redactor.add('');
		expect(redactor.redact('a plain line')).toBe('a plain line');
		redactor.add('swordfish');
		expect(redactor.redact('swordfis')).toBe('swordfis');
	});

	it('never lets a secret through, whatever stands around it', () => {
		fc.assert(
			fc.property(
				fc.string({ minLength: 4, unit: 'grapheme' }),
				fc.string(),
				fc.string(),
				(secret, left, right) => {
					fc.pre(!'[redacted]'.includes(secret) && !left.includes(secret) && !right.includes(secret));
					const redactor = new Redactor();
					redactor.add(secret);
					expect(redactor.redact(left + secret + right)).toContain('[redacted]');
				},
			),
		);
	});

	it('stays quick with thousands of secrets', () => {
		const redactor = new Redactor();
		for (let index = 0; index < 5000; index += 1)
			redactor.add(`secret-${index}-${index * 7919}`.padEnd(32, 'x'));
		const line = 'an ordinary line of a log, without anything in it '.repeat(10);
		const start = performance.now();
		for (let round = 0; round < 100; round += 1) redactor.redact(line);
		expect(performance.now() - start).toBeLessThan(1000);
	});
});

describe('createLogger', () => {
	it('writes one JSON line an event', () => {
		const { lines, log } = capture();
		log.info('server.listening', { port: 3000 });
		expect(lines).toHaveLength(1);
		expect(lines[0]).toMatch(/^\{.*\}\n$/);
		const record: unknown = JSON.parse(lines[0] ?? '');
		expect(record).toMatchObject({ level: 'info', event: 'server.listening', port: 3000 });
	});

	it('leaves out what is below its level', () => {
		const { lines, log } = capture('warn');
		log.debug('a');
		log.info('b');
		log.warn('c');
		log.error('d');
		expect(lines).toHaveLength(2);
	});

	it('writes errors with code, details, stack and causes', () => {
		const { lines, log } = capture();
		const cause = Object.assign(new Error('disk'), { code: 'SQLITE_FULL' });
		log.error('failed', { error: new AppError('DISK_FULL', { cause, details: { freeBytes: 0 } }) });
		const record: unknown = JSON.parse(lines[0] ?? '');
		expect(record).toMatchObject({
			error: {
				code: 'DISK_FULL',
				details: { freeBytes: 0 },
				stack: expect.stringContaining('log.test.ts'),
				cause: { message: 'disk', code: 'SQLITE_FULL' },
			},
		});
	});

	it('never writes a secret: neither a Secret nor a registered value in a message, stack or field', () => {
		const { lines, redactor, log } = capture();
		redactor.add('hunter2"quoted');
		log.error('failed', {
			secret: new Secret('wrapped'),
			error: new Error('password hunter2"quoted refused'),
			nested: { list: ['x hunter2"quoted y'] },
		});
		expect(lines.join('')).not.toContain('hunter2');
		expect(lines.join('')).not.toContain('wrapped');
		expect(() => JSON.parse(lines[0] ?? '') as unknown).not.toThrow();
	});

	it('survives circular values, big integers and an object named twice', () => {
		const { lines, log } = capture();
		const loop: Record<string, unknown> = { size: 10n };
		loop['self'] = loop;
		const shared = { a: 1 };
		log.info('odd', { loop, first: shared, second: shared });
		const record: unknown = JSON.parse(lines[0] ?? '');
		expect(record).toMatchObject({
			loop: { size: '10', self: '[circular]' },
			first: { a: 1 },
			second: { a: 1 },
		});
	});
});
