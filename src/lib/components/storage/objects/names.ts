import { nameOfKey } from '$lib/shared/storage-links';

/** Characters that nothing is drawn for, as the pictures that Unicode has of them. */
export function visible(text: string): string {
	return Array.from(text, (character) => {
		const code = character.codePointAt(0) ?? 0;
		if (code < 0x20) return String.fromCodePoint(0x2400 + code);
		return code === 0x7f ? '\u2421' : character;
	}).join('');
}

/** The name of an object or a folder in two pieces: what may be cut, and the end that tells it from others. */
export function cutName(key: string): { start: string; end: string } {
	const characters = Array.from(visible(nameOfKey(key)));
	const kept = characters.length > 24 ? 10 : 0;
	return {
		start: characters.slice(0, characters.length - kept).join(''),
		end: characters.slice(characters.length - kept).join(''),
	};
}

/** The folders on the way to a prefix, each with its own name and whole prefix. */
export function crumbsOf(prefix: string): { name: string; prefix: string }[] {
	const crumbs: { name: string; prefix: string }[] = [];
	let begin = 0;
	for (let slash = prefix.indexOf('/'); slash !== -1; slash = prefix.indexOf('/', slash + 1)) {
		crumbs.push({ name: visible(prefix.slice(begin, slash)) || '/', prefix: prefix.slice(0, slash + 1) });
		begin = slash + 1;
	}
	return crumbs;
}

const textTypes =
	/^(?:text\/|application\/(?:json|xml|javascript|x-sh|yaml|toml|sql|x-ndjson)|[^;]*\+(?:json|xml)\b)/;
const textNames =
	/(?:\.(?:txt|md|csv|tsv|log|json|jsonl|xml|ya?ml|toml|ini|conf|cfg|env|sql|html?|css|[cm]?[jt]sx?|svelte|vue|py|rb|php|go|rs|java|kt|c|h|cpp|hpp|sh|ps1|svg|srt|vtt|diff|patch)|(?:^|\/)(?:readme|license|dockerfile|makefile))$/i;

/** True for what is likely to be a text that people can read. */
export function looksLikeText(key: string, contentType: string | null): boolean {
	return textNames.test(key) || textTypes.test(contentType ?? '');
}
