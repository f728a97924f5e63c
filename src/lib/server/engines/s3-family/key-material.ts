import { randomInt } from 'node:crypto';
import { OWN_KEY_PREFIX } from '$lib/shared/storage-names';
import { Secret } from '../../secret';

const idCharacters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const secretCharacters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 20;
const SECRET_LENGTH = 40;

/** Beginning of the ids of keys made for apps: a letter, as AWS' have. */
const APP_KEY_PREFIX = 'AK';

function random(characters: string, length: number): string {
	return Array.from({ length }, () => characters.charAt(randomInt(characters.length))).join('');
}

/** An id and a secret that every S3 engine takes, so that a key outlives a change of engine. */
export function newKey(options: { isOwn?: boolean } = {}): { id: string; secret: Secret } {
	const prefix = options.isOwn === true ? OWN_KEY_PREFIX : APP_KEY_PREFIX;
	return {
		id: prefix + random(idCharacters, ID_LENGTH - prefix.length),
		secret: new Secret(random(secretCharacters, SECRET_LENGTH)),
	};
}

/** True for the id of a key that sh0 made for itself. */
export function isOwnKey(id: string): boolean {
	return id.startsWith(OWN_KEY_PREFIX);
}

/** What a key is found by. */
export function searchText({ name, description }: { name: string; description: string }): string {
	return `${name} ${description}`;
}
