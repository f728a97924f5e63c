import { randomBytes } from 'node:crypto';
import {
	chmodSync,
	closeSync,
	fsyncSync,
	linkSync,
	openSync,
	readFileSync,
	rmSync,
	writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { KEY_BYTES } from './cipher';

const PREFIX = 'sh0-master-key-1:';
const OWNER_READ = 0o400;

export type KeyFile = { state: 'present'; key: Buffer } | { state: 'missing' | 'malformed' | 'unreadable' };

function hasCode(error: unknown, code: string): boolean {
	return error instanceof Error && 'code' in error && error.code === code;
}

function parseKey(text: string): KeyFile {
	const line = text.trim();
	const key = Buffer.from(line.slice(PREFIX.length), 'base64url');
	const isWhole = line.startsWith(PREFIX) && key.length === KEY_BYTES;
	return isWhole ? { state: 'present', key } : { state: 'malformed' };
}

/** Reads the master key and sees to it that only its owner may read the file, also after a person put a copy back. Throws nothing. */
export function readKeyFile(file: string): KeyFile {
	try {
		const found = parseKey(readFileSync(file, 'utf8'));
		tighten(file);
		return found;
	} catch (error) {
		return { state: hasCode(error, 'ENOENT') ? 'missing' : 'unreadable' };
	}
}

/** On a read-only mount the mode cannot be changed; `doctor` reports what is left. */
function tighten(file: string): void {
	try {
		chmodSync(file, OWNER_READ);
	} catch (error) {
		if (!hasCode(error, 'EROFS') && !hasCode(error, 'EPERM')) throw error;
	}
}

function syncFolder(folder: string): void {
	const handle = openSync(folder, 'r');
	try {
		fsyncSync(handle);
	} finally {
		closeSync(handle);
	}
}

function writeDurably(file: string, text: string): void {
	const handle = openSync(file, 'wx', OWNER_READ);
	try {
		writeSync(handle, text);
		fsyncSync(handle);
	} finally {
		closeSync(handle);
	}
}

/**
 * Makes a new master key, on the disk before this returns. Written under another name and then linked, so that the file is never seen
 * half-written, and never replaces one: of two processes that try at once, both use the key of the first.
 */
export function createKeyFile(file: string): KeyFile {
	const draft = `${file}.${randomBytes(6).toString('hex')}.new`;
	writeDurably(draft, `${PREFIX}${randomBytes(KEY_BYTES).toString('base64url')}\n`);
	try {
		linkSync(draft, file);
	} catch (error) {
		if (!hasCode(error, 'EEXIST')) throw error;
	} finally {
		rmSync(draft, { force: true });
	}
	syncFolder(dirname(file));
	return readKeyFile(file);
}
