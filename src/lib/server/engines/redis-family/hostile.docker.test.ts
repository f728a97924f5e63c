import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAppError } from '../../errors';
import { Secret } from '../../secret';
import { hostileRun, inParts, refusal, tryPasswords } from '../../testing/hostile';
import { runAs, startRedis, testedServers, type RedisServer } from '../../testing/redis-servers';

const { strings, limitMs } = hostileRun(60);
/** Of so many users at once: the server writes all it has to its file whenever one changes. */
const partSize = 300;
const good = new Secret('correct horse battery');

/** What the server would change, misread or not find again in its own file. */
function mustBeRefused(name: string): boolean {
	return (
		name === '' ||
		/[\p{Cc}\p{Surrogate}"']/u.test(name) ||
		/\s/.test(name) ||
		name.trim() !== name ||
		/^(default$|sh0_)/i.test(name) ||
		Buffer.byteLength(name) > 255
	);
}

describe.each(testedServers)('hostile strings on %s %s', (_label, version, engine) => {
	let server: RedisServer;

	beforeAll(async () => {
		server = await startRedis(engine, version);
		await server.admin.createUser({
			...{ name: 'canary', password: good },
			access: { keyPatterns: ['canary:*'], channelPatterns: [], commands: ['+@all', '-@admin'] },
		});
		await runAs(server, { user: 'canary', password: good }, [['SET', 'canary:bird', 'sings']]);
		await runAs(server, { user: 'default', password: server.target.password }, [['SAVE']]);
	});
	afterAll(async () => {
		await server?.remove();
	});

	async function listed() {
		const all = [];
		let cursor: string | undefined;
		do {
			const page = await server.admin.listUsers({ limit: 200, ...(cursor === undefined ? {} : { cursor }) });
			all.push(...page.items);
			cursor = page.nextCursor ?? undefined;
		} while (cursor !== undefined);
		return all;
	}

	/** As an app does it. */
	async function logsIn(login: { user: string; password: Secret }): Promise<boolean> {
		try {
			expect(await runAs(server, login, [['ACL', 'WHOAMI']])).toEqual(['-NOPERM']);
			return true;
		} catch (error) {
			if (error instanceof Error && error.message.startsWith('WRONGPASS')) return false;
			throw error;
		}
	}

	async function expectNothingElse(): Promise<void> {
		expect((await listed()).map(({ name }) => name)).toEqual(['canary']);
		expect(
			await runAs(server, { user: 'canary', password: good }, [
				['GET', 'canary:bird'],
				['GET', 'other'],
			]),
		).toEqual(['sings', '-NOPERM']);
	}

	async function tryNames(names: string[]): Promise<number> {
		const accepted: string[] = [];
		for (const name of names) {
			const access = {
				keyPatterns: [`k:${accepted.length}`],
				channelPatterns: [],
				commands: ['+get', '+acl|whoami'],
			};
			const code = await refusal(server.admin.createUser({ name, password: good, access }), 'ACCESS_INVALID');
			expect([name, code !== null]).toEqual([name, mustBeRefused(name)]);
			if (code === null) accepted.push(name);
		}
		await server.crash();
		const after = new Map((await listed()).map((user) => [user.name, user]));
		expect([...after.keys()].sort()).toEqual(['canary', ...accepted].sort());
		for (const [at, name] of accepted.entries()) {
			expect([name, after.get(name)?.access?.keyPatterns]).toEqual([name, [`k:${at}`]]);
			expect(
				await runAs(server, { user: name, password: good }, [
					['ACL', 'WHOAMI'],
					['GET', `k:${at}`],
					['GET', `k:${at + 1}`],
				]),
			).toEqual([name, null, '-NOPERM']);
			expect((await server.admin.findUser(name))?.name).toBe(name);
		}
		for (const name of accepted) await server.admin.removeUser(name);
		return accepted.length;
	}

	async function tryPatterns(patterns: string[]): Promise<number> {
		const accepted: string[] = [];
		for (const pattern of patterns) {
			const access = { keyPatterns: [pattern], channelPatterns: [pattern], commands: [] };
			const name = `p${accepted.length}`;
			const code = await refusal(server.admin.createUser({ name, password: good, access }), 'ACCESS_INVALID');
			if (code !== null) continue;
			accepted.push(pattern);
		}
		await server.crash();
		const after = new Map((await listed()).map((user) => [user.name, user.access]));
		for (const [at, pattern] of accepted.entries())
			expect([pattern, after.get(`p${at}`)]).toEqual([
				pattern,
				{ keyPatterns: [pattern], channelPatterns: [pattern], commands: [] },
			]);
		for (const at of accepted.keys()) await server.admin.removeUser(`p${at}`);
		return accepted.length;
	}

	it(
		'user names work exactly, also after the server was killed, or are refused',
		{ timeout: limitMs },
		async () => {
			let worked = 0;
			const names = strings.filter((value) => value !== 'canary');
			for (const part of inParts(names, partSize)) worked += await tryNames(part);
			expect(worked).toBeGreaterThan(names.length / 3);
			await expectNothingElse();
		},
	);

	it(
		'patterns work exactly, also after the server was killed, or are refused',
		{ timeout: limitMs },
		async () => {
			let worked = 0;
			for (const part of inParts(strings, partSize)) worked += await tryPatterns(part);
			expect(worked).toBeGreaterThan(strings.length / 3);
			await expectNothingElse();
		},
	);

	it('command rules are refused', { timeout: limitMs }, async () => {
		for (const rule of strings.flatMap((value) => [value, `+${value}`, `+@${value}`])) {
			const access = { keyPatterns: ['*'], channelPatterns: [], commands: [rule] };
			const code = await refusal(
				server.admin.createUser({ name: 'ruled', password: good, access }),
				'ACCESS_INVALID',
			);
			if (code === null) {
				expect(['+@all', '+@admin', '+select', '+type']).toContain(rule);
				await server.admin.removeUser('ruled');
			}
		}
		await expectNothingElse();
	});

	it('passwords log in exactly or are refused', { timeout: limitMs }, async () => {
		const worked = await tryPasswords(server.admin, strings, {
			mustBeRefused: (value) => /^$|[\p{Cc}\p{Surrogate}]/u.test(value) || value.length > 256,
			logsIn,
		});
		expect(worked).toBeGreaterThan(strings.length / 3);
		await expectNothingElse();
	});

	it('texts, keys and searches read nothing else and change nothing', { timeout: limitMs }, async () => {
		const { browser } = server.admin;
		const request = { database: '0', isReadOnly: true, timeoutMs: 5_000, maxRows: 10 };
		for (const value of strings) {
			const text = value.includes('\0') || /\p{Surrogate}/u.test(value) ? 'x' : value;
			await browser.query({ ...request, text }).catch((error: unknown) => {
				expect([value, isAppError(error, 'QUERY_REFUSED', 'QUERY_NOT_ALLOWED')]).toEqual([value, true]);
			});
			await expect(
				browser.rows({ database: '0', collection: value, cursor: value, limit: 5 }),
			).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
			const { items } = await browser.collections({ database: '0', search: value });
			expect([value, items.length]).toEqual([value, 'canary:bird'.includes(value) ? 1 : 0]);
			await expect(server.admin.sessions.end(value)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
		}
		await expectNothingElse();
	});
});
