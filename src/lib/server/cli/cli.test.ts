import Sqlite from 'better-sqlite3';
import { chmodSync, copyFileSync, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasOwner } from '../auth/setup';
import { identifyToken } from '../auth/tokens';
import { holdInstanceLock } from '../db/lock';
import { dataFiles } from '../env';
import { Secret } from '../secret';
import { cellAddress } from '../vault';
import { withApp } from './house';
import { cliOn, email, password } from './testing';

let cli: ReturnType<typeof cliOn>;
beforeEach(() => {
	cli = cliOn({ dockerHost: 'unix:///nonexistent/docker.sock' });
});
afterEach(() => cli.remove());

describe('the command line', () => {
	it.each([[[]], [['help']], [['--help']]])('explains itself: %j', async (argv) => {
		const { code, out } = await cli.run(argv);
		expect(code).toBe(0);
		for (const name of [
			'setup',
			'password reset',
			'account list',
			'account remove',
			'token create',
			'doctor',
			'audit verify',
			'images build',
			'images list',
		]) {
			expect(out).toContain(`  ${name}`);
		}
	});

	it.each([
		[['fly'], 'There is no command "fly".'],
		[['token', 'fly'], 'There is no command "token fly".'],
		[['constructor'], 'There is no command "constructor".'],
		[['doctor', '--fast'], "Unknown option '--fast'"],
		[['audit', 'verify', 'now'], "Unexpected argument 'now'"],
		[['audit', 'verify', '--head', '7'], '--head takes what an earlier'],
		[['setup'], '--email is missing.'],
		[['setup', '--email', 'ada', '--password-file', '-'], '--email is not an e-mail address.'],
		[
			['setup', '--email', email, '--password-file', '/nonexistent'],
			'password file /nonexistent cannot be read',
		],
	])('refuses what makes no sense: %j', async (argv, sentence) => {
		const { code, out, err } = await cli.run(argv);
		expect({ code, out }).toEqual({ code: 2, out: '' });
		expect(err).toContain(sentence);
		expect(existsSync(dataFiles(cli.dataDir).database)).toBe(false);
	});

	it('has no option that takes a password', async () => {
		const { err } = await cli.run(['setup', '--email', email, '--password', password]);
		expect(err).toContain("Unknown option '--password'");
	});
});

describe('setup', () => {
	it('makes the first owner from standard input, and records it', async () => {
		const { code, err } = await cli.setUp();
		expect(code).toBe(0);
		expect(err).toContain(`${email} is the owner now`);
		expect(cli.withDatabase(hasOwner)).toBe(true);
		expect(cli.record()).toEqual([
			{ action: 'auth.setup', actorKind: 'cli', outcome: null, errorCode: null },
			{ action: 'auth.setup', actorKind: 'cli', outcome: 'succeeded', errorCode: null },
		]);
	});

	it('takes the password from a file', async () => {
		const file = join(cli.dataDir, '..', `password-${process.pid}`);
		writeFileSync(file, password);
		const { code } = await cli.run(['setup', '--email', email, '--password-file', file]);
		rmSync(file);
		expect(code).toBe(0);
	});

	it('refuses a second owner and a weak password in a sentence, records both, and repeats no password', async () => {
		const weak = await cli.run(['setup', '--email', email, '--password-file', '-'], 'password');
		expect(weak).toMatchObject({ code: 1, out: '' });
		expect(weak.err).toMatch(/^This password is too easy to guess/);
		await cli.setUp();
		const again = await cli.setUp();
		expect(again.code).toBe(1);
		expect(again.err).toContain('already set up');
		expect(again.err + weak.err).not.toContain(password);
		const failed = cli.record().filter(({ outcome }) => outcome === 'failed');
		expect(failed.map(({ errorCode }) => errorCode)).toEqual(['PASSWORD_TOO_WEAK', 'SETUP_DONE']);
	});
});

describe('token create', () => {
	const create = (...more: string[]) =>
		cli.run(['token', 'create', '--project', 'Default', '--name', 'ci', '--email', email, ...more]);

	it('prints nothing but a token that works', async () => {
		await cli.setUp();
		const { code, out, err } = await create('--scopes', 'read,manage', '--expires-days', '30');
		expect(code).toBe(0);
		expect(out).toMatch(/^sh0_[A-Za-z0-9_-]{43}$/);
		expect(err).not.toContain(out);
		expect(cli.withDatabase((db) => identifyToken(db, out))).toMatchObject({
			user: { email },
			via: { tokenName: 'ci', scopes: ['read', 'manage'] },
		});
		expect(cli.record().at(-1)).toMatchObject({
			action: 'tokens.create',
			actorKind: 'cli',
			outcome: 'succeeded',
		});
	});

	it.each([
		[['--scopes', 'fly'], '--scopes takes some of read, operate, manage'],
		[['--scopes', 'read', '--expires-days', '0'], '--expires-days takes a whole number from 1 to 365'],
		[['--scopes', 'read', '--expires-days', '1.5'], '--expires-days takes a whole number'],
		[['--scopes', 'read', '--project', 'Other'], 'There is no project "Other".'],
		[
			['--scopes', 'read', '--email', 'eve@example.org'],
			'There is no account with the e-mail eve@example.org.',
		],
		[[], '--scopes is missing.'],
	])('refuses %j', async (more, sentence) => {
		await cli.setUp();
		const { code, out, err } = await create(...more);
		expect({ code, out }).toEqual({ code: 2, out: '' });
		expect(err).toContain(sentence);
	});
});

describe('audit verify', () => {
	it('prints a head that it later finds again', async () => {
		await cli.setUp();
		const first = await cli.run(['audit', 'verify']);
		expect(first.code).toBe(0);
		expect(first.out).toContain('is whole: 2 entries');
		const head = /^Head: (.+)$/m.exec(first.out)?.[1] ?? '';
		await cli.setUp();
		expect(await cli.run(['audit', 'verify', '--head', head])).toMatchObject({ code: 0 });
		const other = await cli.run(['audit', 'verify', '--head', `2:${'a'.repeat(64)}`]);
		expect(other.code).toBe(1);
		expect(other.out).toContain('entry 2 is missing or not as it was written');
	});

	it('finds a changed entry', async () => {
		await cli.setUp();
		const client = new Sqlite(dataFiles(cli.dataDir).database);
		client.exec("DROP TRIGGER audit_log_no_update; UPDATE audit_log SET actor_label = 'eve' WHERE seq = 1");
		client.close();
		const { code, out } = await cli.run(['audit', 'verify']);
		expect(code).toBe(1);
		expect(out).toContain('entry 1 is missing or not as it was written');
	});
});

describe('doctor', () => {
	type Report = {
		ok: boolean;
		environment: { name: string; ok: boolean; advice: string | null }[];
		invariants: { number: number; ok: boolean }[];
	};
	async function report(): Promise<Report> {
		const { code, out } = await cli.run(['doctor', '--json']);
		const parsed = JSON.parse(out) as Report;
		expect(code).toBe(parsed.ok ? 0 : 1);
		return parsed;
	}
	const wrong = ({ environment }: Report) => environment.filter(({ ok }) => !ok).map(({ name }) => name);

	it('makes nothing where there is nothing yet', async () => {
		cli.remove();
		const { code } = await cli.run(['doctor']);
		expect(code).toBe(0);
		expect(existsSync(cli.dataDir)).toBe(false);
	});

	it('says that Docker does not answer and what to do, and fails', async () => {
		await cli.setUp();
		const { code, out } = await cli.run(['doctor']);
		expect(code).toBe(1);
		expect(out).toMatch(/^PROBLEM {2}Docker: no answer on \/nonexistent\/docker\.sock/m);
		expect(out).toContain('What to do: Start the Docker Engine');
		expect(out).toContain('Docker does not answer, so this could not be checked.');
		expect(out).toContain('5. The audit record is whole: holds');
	});

	it('checks every invariant that applies', async () => {
		await cli.setUp();
		const { invariants } = await report();
		expect(invariants.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 7, 8, 9, 11, 12]);
		expect(invariants.filter(({ ok }) => ok).map(({ number }) => number)).toEqual([2, 5, 7, 8, 12]);
	});

	it('finds a data folder that others can enter', async () => {
		await cli.setUp();
		chmodSync(cli.dataDir, 0o755);
		expect(wrong(await report())).toContain('Data folder');
	});

	it('finds a missing key file, says how to recover, and sees the recovery', async () => {
		await cli.setUp();
		const { masterKey } = dataFiles(cli.dataDir);
		renameSync(masterKey, `${masterKey}.saved`);
		const { out } = await cli.run(['doctor']);
		expect(out).toContain('PROBLEM  Secrets: sealed: key-missing');
		expect(out).toContain('What to do: Put your saved copy of master.key back');
		copyFileSync(`${masterKey}.saved`, masterKey);
		expect(wrong(await report())).not.toContain('Secrets');
		expect(statSync(masterKey).mode & 0o777).toBe(0o400);
	});

	it('says whether the panel runs', async () => {
		await cli.setUp();
		expect((await cli.run(['doctor'])).out).toContain('Panel: not running');
		const lock = holdInstanceLock(cli.dataDir);
		expect((await cli.run(['doctor'])).out).toContain('Panel: running');
		lock.release();
	});
});

describe('beside a running panel', () => {
	const applied = () => {
		const client = new Sqlite(dataFiles(cli.dataDir).database);
		const found = client.prepare('SELECT created_at FROM __drizzle_migrations').all();
		client.close();
		return found;
	};

	it('works on the same version, and migrates nothing under an older one', async () => {
		await cli.setUp();
		const lock = holdInstanceLock(cli.dataDir);
		expect(await cli.run(['audit', 'verify'])).toMatchObject({ code: 0 });
		const client = new Sqlite(dataFiles(cli.dataDir).database);
		client.exec(
			'DELETE FROM __drizzle_migrations WHERE created_at = (SELECT max(created_at) FROM __drizzle_migrations)',
		);
		client.close();
		const before = applied();
		const { code, err } = await cli.run(['audit', 'verify']);
		lock.release();
		expect({ code, before: applied() }).toEqual({ code: 1, before });
		expect(err).toContain('Restart the panel first.');
	});
});

it('keeps the secrets that a command comes upon out of what it logs', async () => {
	const lines: string[] = [];
	const io = {
		...{ env: { SH0_DATA_DIR: cli.dataDir }, out: () => {}, err: (line: string) => void lines.push(line) },
		...{ readStdin: () => Promise.resolve(''), signal: new AbortController().signal },
	};
	await withApp(io, async ({ log, vault }) => {
		vault.encrypt(cellAddress.totp('usr_a'), new Secret('seven-quiet-otters'));
		log.info('quiet', {});
		log.warn('loud', { text: 'seven-quiet-otters' });
	});
	expect(lines).toEqual([expect.stringContaining('"text":"[redacted]"')]);
});

it('says in a sentence that the environment is wrong', async () => {
	cli.remove();
	cli = cliOn({ dockerHost: 'tcp://10.0.0.1:2375' });
	const { code, err } = await cli.run(['doctor']);
	expect(code).toBe(1);
	expect(err).toBe(
		'DOCKER_HOST must be a Unix socket with an absolute path, such as unix:///var/run/docker.sock.',
	);
});
