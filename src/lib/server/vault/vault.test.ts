import {
	chmodSync,
	copyFileSync,
	existsSync,
	readdirSync,
	readFileSync,
	renameSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { getOrCreateInstance } from '../db/instance';
import { users, vaultKeys } from '../db/schema/index';
import { openTestDatabase } from '../db/testing';
import { newId } from '../ids';
import { createLogger, Redactor } from '../log';
import { Secret } from '../secret';
import { createKeyFile } from './key-file';
import { cellAddress, openVault, randomPassword, type CellAddress } from './index';

let database: ReturnType<typeof openTestDatabase>;
let keyFile: string;
let redactor: Redactor;
beforeEach(() => {
	database = openTestDatabase();
	keyFile = join(database.dataDir, 'master.key');
	redactor = new Redactor();
});
afterEach(() => {
	vi.useRealTimers();
	database.remove();
});

const open = (instanceId = getOrCreateInstance(database.db).instanceId) =>
	openVault({ db: database.db, keyFile, instanceId, redactor });
const address: CellAddress = { table: 'service_secrets', column: 'cell', row: 'svc_a', key: 'root' };
const clearText = 'correct horse "battery" \\ 🔑 staple';

/** What happens to a text when one bit of its payload is turned. */
function flipped(cell: string, byte: number): string {
	const [version, keyId, payload = ''] = cell.split('.');
	const bytes = Buffer.from(payload, 'base64url');
	bytes[byte] = (bytes[byte] ?? 0) ^ 1;
	return [version, keyId, bytes.toString('base64url')].join('.');
}

describe('a new installation', () => {
	it('gets a key file that only its owner can read, and nothing else beside it', () => {
		expect(open().state).toBe('open');
		expect(statSync(keyFile).mode & 0o777).toBe(0o400);
		expect(readdirSync(database.dataDir).filter((name) => name.startsWith('master.key'))).toEqual([
			'master.key',
		]);
	});

	it('keeps its key over a restart', () => {
		const cell = open().encrypt(address, new Secret(clearText));
		const key = readFileSync(keyFile);
		expect(open().decrypt(address, cell).reveal()).toBe(clearText);
		expect(readFileSync(keyFile)).toEqual(key);
		expect(database.db.select().from(vaultKeys).all()).toHaveLength(1);
	});

	it('never replaces a key file: who comes second uses the first one', () => {
		const first = createKeyFile(keyFile);
		expect(createKeyFile(keyFile)).toEqual(first);
		expect(readdirSync(database.dataDir).filter((name) => name.startsWith('master.key'))).toEqual([
			'master.key',
		]);
	});

	it('has one key also when two processes start at once', () => {
		const vaults = [open(), open()];
		const cells = vaults.map((vault) => vault.encrypt(address, new Secret(clearText)));
		for (const vault of vaults) {
			for (const cell of cells) expect(vault.decrypt(address, cell).reveal()).toBe(clearText);
		}
	});

	it('goes on with a key file whose process died before it stored a data key', () => {
		open();
		database.db.delete(vaultKeys).run();
		const key = readFileSync(keyFile);
		expect(open().state).toBe('open');
		expect(readFileSync(keyFile)).toEqual(key);
	});
});

describe('cells', () => {
	it('hold a format with version, key and payload, and no clear text', () => {
		const cell = open().encrypt(address, new Secret(clearText));
		expect(cell).toMatch(/^v1\.[0-9a-f]{8}\.[A-Za-z0-9_-]+$/);
		const payload = Buffer.from(cell.split('.')[2] ?? '', 'base64url');
		expect(payload).toHaveLength(12 + Buffer.byteLength(clearText) + 16);
		expect(payload.toString('latin1')).not.toContain('horse');
	});

	it('differ for the same secret', () => {
		const vault = open();
		const cells = [1, 2, 3].map(() => vault.encrypt(address, new Secret(clearText)));
		expect(new Set(cells).size).toBe(3);
	});

	it.each<[string, CellAddress]>([
		['table', { ...address, table: 'users' }],
		['column', { ...address, column: 'other' }],
		['row', { ...address, row: 'svc_b' }],
		['key', { ...address, key: 'replica' }],
		['border between two parts', { ...address, row: 'svc_', key: 'aroot' }],
	])('do not open at another %s', (_part, elsewhere) => {
		const vault = open();
		const cell = vault.encrypt(address, new Secret(clearText));
		expect(() => vault.decrypt(elsewhere, cell)).toThrow(/does not verify/);
	});

	it('do not open in another instance', () => {
		const cell = open().encrypt(address, new Secret(clearText));
		const other = open('ffffffff');
		expect(other.state).toBe('sealed');
		expect(() => other.decrypt(address, cell)).toThrow('SEALED');
	});

	it('do not open when any byte was changed, or when cut short', () => {
		const vault = open();
		const cell = vault.encrypt(address, new Secret('abcd'));
		for (let byte = 0; byte < 12 + 4 + 16; byte += 1) {
			expect(() => vault.decrypt(address, flipped(cell, byte))).toThrow(/does not verify/);
		}
		for (const cut of [1, 8, 16, 40]) {
			expect(() => vault.decrypt(address, cell.slice(0, -cut))).toThrow(/does not verify|not readable/);
		}
	});

	it.each(['', 'v1', 'v2.00000000.AAAA', 'v1.00000000.AAAA', 'plain text'])(
		'that are not cells (%s) are refused',
		(text) => {
			expect(() => open().decrypt(address, text)).toThrow(/not readable/);
		},
	);

	it('say in an error where they are, never what they hold', () => {
		const vault = open();
		const cell = vault.encrypt(address, new Secret(clearText));
		expect(() => vault.decrypt({ ...address, row: 'svc_b' }, cell)).toThrow('service_secrets.cell of svc_b');
	});

	it('carry an empty secret and any unicode', () => {
		const vault = open();
		for (const text of ['', '\u0000', 'ﷺ'.repeat(1000)]) {
			expect(vault.decrypt(address, vault.encrypt(address, new Secret(text))).reveal()).toBe(text);
		}
	});

	it('teach the log their clear value, when encrypted and when decrypted', () => {
		const cell = open().encrypt(address, new Secret('first-secret'));
		expect(redactor.redact('x first-secret')).toBe('x [redacted]');
		redactor = new Redactor();
		open().decrypt(address, cell);
		const lines: string[] = [];
		const log = createLogger({ level: 'info', redactor, write: (line) => lines.push(line) });
		log.info('x', { text: 'first-secret', key: readFileSync(keyFile, 'utf8') });
		expect(lines.join()).not.toContain('first-secret');
		expect(lines.join()).not.toContain(readFileSync(keyFile, 'utf8').split(':')[1]?.trim());
	});
});

describe('secrets stored by an earlier process', () => {
	function store(): void {
		const id = newId('user');
		const totpCell = open().encrypt(cellAddress.totp(id), new Secret('stored-earlier'));
		const row = { id, email: 'a@b.c', passwordHash: 'x', totpCell, createdAt: new Date() };
		const other = { ...row, id: newId('user'), email: 'd@e.f', totpCell: 'v1.damaged.AAAA' };
		database.db.insert(users).values([other, row]).run();
		redactor = new Redactor();
	}

	it('are known to the log as soon as the vault opens, beside a damaged one', () => {
		store();
		open();
		expect(redactor.redact('x stored-earlier')).toBe('x [redacted]');
	});

	it('are known to the log when it opens later', () => {
		vi.useFakeTimers({ toFake: ['Date'] });
		store();
		renameSync(keyFile, `${keyFile}.saved`);
		const vault = open();
		expect(redactor.redact('x stored-earlier')).toBe('x stored-earlier');
		renameSync(`${keyFile}.saved`, keyFile);
		vi.advanceTimersByTime(1100);
		expect(vault.state).toBe('open');
		expect(redactor.redact('x stored-earlier')).toBe('x [redacted]');
	});
});

describe('a sealed vault', () => {
	function encryptedThenKeyMoved(): string {
		const cell = open().encrypt(address, new Secret(clearText));
		renameSync(keyFile, `${keyFile}.saved`);
		return cell;
	}

	it('is what a missing key file gives: no new key is made', () => {
		const cell = encryptedThenKeyMoved();
		const vault = open();
		expect(vault.state).toBe('sealed');
		expect(vault.sealReason).toBe('key-missing');
		expect(existsSync(keyFile)).toBe(false);
		expect(() => vault.decrypt(address, cell)).toThrow('SEALED');
		expect(() => vault.encrypt(address, new Secret('x'))).toThrow('SEALED');
	});

	it('opens again without a restart once the key file is back', () => {
		vi.useFakeTimers({ toFake: ['Date'] });
		const cell = encryptedThenKeyMoved();
		const vault = open();
		expect(vault.state).toBe('sealed');
		copyFileSync(`${keyFile}.saved`, keyFile);
		chmodSync(keyFile, 0o644);
		vi.advanceTimersByTime(1100);
		expect(vault.state).toBe('open');
		expect(vault.decrypt(address, cell).reveal()).toBe(clearText);
		expect(statSync(keyFile).mode & 0o777).toBe(0o400);
	});

	it('is what another installation’s key gives', () => {
		encryptedThenKeyMoved();
		writeFileSync(keyFile, `sh0-master-key-1:${Buffer.alloc(32, 7).toString('base64url')}\n`);
		expect(open().sealReason).toBe('key-wrong');
	});

	it.each(['', 'sh0-master-key-1:', 'sh0-master-key-1:AAAA', 'something else'])(
		'is what a damaged key file (%s) gives, and the file is left as it is',
		(text) => {
			encryptedThenKeyMoved();
			writeFileSync(keyFile, text);
			expect(open().sealReason).toBe('key-malformed');
			expect(readFileSync(keyFile, 'utf8')).toBe(text);
		},
	);

	it('is what changed key rows give', () => {
		open();
		const [row] = database.db.select().from(vaultKeys).all();
		database.db
			.update(vaultKeys)
			.set({ keyCheck: flipped(row?.keyCheck ?? '', 14) })
			.run();
		expect(open().sealReason).toBe('key-wrong');
	});

	it('is what lost key rows give while there is ciphertext: no new key is made', () => {
		const id = newId('user');
		const totpCell = open().encrypt(cellAddress.totp(id), new Secret('totp'));
		database.db
			.insert(users)
			.values({ id, email: 'a@b.c', passwordHash: 'x', totpCell, createdAt: new Date() })
			.run();
		database.db.delete(vaultKeys).run();
		expect(open().sealReason).toBe('data-keys-missing');
		expect(database.db.select().from(vaultKeys).all()).toEqual([]);
	});
});

describe('randomPassword', () => {
	it('has the length asked for, letters and digits only, and never twice the same', () => {
		const passwords = Array.from({ length: 200 }, () => randomPassword().reveal());
		for (const password of passwords) expect(password).toMatch(/^[A-Za-z0-9]{32}$/);
		expect(new Set(passwords).size).toBe(200);
		expect(randomPassword(12).reveal()).toHaveLength(12);
	});

	it('uses every character about equally often', () => {
		const counts = new Map<string, number>();
		for (const character of randomPassword(62_000).reveal())
			counts.set(character, (counts.get(character) ?? 0) + 1);
		expect(counts.size).toBe(62);
		for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(200);
	});
});
