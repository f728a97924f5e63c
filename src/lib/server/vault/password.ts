import { randomInt } from 'node:crypto';
import { Secret } from '../secret';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A random password of `length` characters from [A-Za-z0-9], each equally likely: 32 of them are 190 bits. */
export function randomPassword(length = 32): Secret {
	return new Secret(Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join(''));
}
