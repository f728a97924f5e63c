import { describe, expect, it } from 'vitest';
import { Secret } from '../../secret';
import { cachingSha2Hash, isCachingSha2Hash, sha256Crypt } from './hash';

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');

describe('sha256Crypt', () => {
	// The vectors of "Unix crypt using SHA-256 and SHA-512" by Ulrich Drepper, and one of glibc for another alphabet.
	it.each([
		['Hello world!', 'saltstring', 5_000, '5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
		['Hello world!', 'saltstringsaltst', 10_000, '3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA'],
		[
			'a very much longer text to encrypt.  This one even stretches over morethan one line.',
			'anotherlongsalts',
			1_400,
			'Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1',
		],
		[
			'we have a short salt string but not a short password',
			'short',
			77_777,
			'JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/',
		],
		['é', 'x', 5_000, '50QyH38tEA3qPeYqiuS7IyS41b1mrPqLGBittMX4LK6'],
	])('%s with %s', (password, salt, rounds, digest) => {
		expect(sha256Crypt(utf8(password), utf8(salt), rounds)).toBe(digest);
	});
});

describe('cachingSha2Hash', () => {
	const password = new Secret(`p'a"s\\s é`);

	it('is 70 bytes that say how it was made, with a salt that is text', () => {
		for (let run = 0; run < 50; run += 1) {
			const hash = cachingSha2Hash(password);
			expect(hash.toString('latin1')).toMatch(/^\$A\$005\$[^$]{20}[./0-9A-Za-z]{43}$/);
			expect(hash.every((byte) => byte > 0 && byte < 0x80)).toBe(true);
		}
	});

	it('takes a new salt each time, and is recognised', () => {
		const hash = cachingSha2Hash(password);
		expect(hash.equals(cachingSha2Hash(password))).toBe(false);
		expect(isCachingSha2Hash(password, hash)).toBe(true);
		expect(isCachingSha2Hash(new Secret('another'), hash)).toBe(false);
	});

	it('recognises one of more rounds, and refuses what is none', () => {
		const salt = Buffer.from('s'.repeat(20));
		const digest = sha256Crypt(utf8(password.reveal()), salt, 10_000);
		const stored = Buffer.from(`$A$00A$${salt.toString()}${digest}`);
		expect(isCachingSha2Hash(password, stored)).toBe(true);
		for (const text of [
			'',
			'$A$005$',
			'*0D3CED9BEC10A777AEC23CCC353A8C08A633045E',
			`$B$005$${'x'.repeat(63)}`,
		]) {
			expect(isCachingSha2Hash(password, Buffer.from(text))).toBe(false);
		}
	});
});
