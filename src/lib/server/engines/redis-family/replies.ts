import { AppError } from '../../errors';
import type { Reply } from './connection';

function unexpected(what: string): AppError {
	return new AppError('INTERNAL', { message: `the server's reply is not ${what}` });
}

/** Throws INTERNAL unless the reply is text or a number. */
export function asText(reply: Reply | undefined): string {
	if (typeof reply === 'string') return reply;
	if (typeof reply === 'number') return String(reply);
	if (Buffer.isBuffer(reply)) return reply.toString();
	throw unexpected('text');
}

/** Throws INTERNAL unless the reply is a whole number, as such or as text. */
export function asNumber(reply: Reply | undefined): number {
	const number = Number(asText(reply));
	if (!Number.isFinite(number)) throw unexpected('a number');
	return number;
}

export function asList(reply: Reply | undefined): Reply[] {
	if (Array.isArray(reply)) return reply;
	throw unexpected('a list');
}

/** Bytes of a text asked for with `callBuffer`. */
export function asBytes(reply: Reply | undefined): Buffer {
	if (Buffer.isBuffer(reply)) return reply;
	if (typeof reply === 'string' || typeof reply === 'number') return Buffer.from(String(reply));
	throw unexpected('text');
}

/** A flat list of names and values, as `CONFIG GET` and `ACL GETUSER` answer. */
export function asMap(reply: Reply): Map<string, Reply> {
	const flat = asList(reply);
	const map = new Map<string, Reply>();
	for (let at = 0; at + 1 < flat.length; at += 2) map.set(asText(flat[at]), flat[at + 1] ?? null);
	return map;
}

/** `INFO`'s lines by name. */
export function parseInfo(text: string): Map<string, string> {
	const lines = text.split('\r\n').filter((line) => line !== '' && !line.startsWith('#'));
	return new Map(
		lines.map((line): [string, string] => {
			const at = line.indexOf(':');
			return [line.slice(0, at), line.slice(at + 1)];
		}),
	);
}

/** Keys by database number, from `INFO keyspace`; databases without keys are not named. */
export function parseKeyspace(info: Map<string, string>): Map<number, number> {
	const counts = new Map<number, number>();
	for (const [name, value] of info) {
		const number = /^db(\d+)$/.exec(name)?.[1];
		const keys = /^keys=(\d+)/.exec(value)?.[1];
		if (number !== undefined && keys !== undefined) counts.set(Number(number), Number(keys));
	}
	return counts;
}

/** A line of `CLIENT LIST`, by name. Values hold no spaces: the server refuses them in names of users and clients. */
export function parseClients(text: string): Map<string, string>[] {
	return text
		.split('\n')
		.filter((line) => line !== '')
		.map((line) => {
			const pairs = line.split(' ').map((pair): [string, string] => {
				const at = pair.indexOf('=');
				return [pair.slice(0, at), pair.slice(at + 1)];
			});
			return new Map(pairs);
		});
}
