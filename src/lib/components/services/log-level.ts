export type LogLevel = 'bad' | 'warn' | 'quiet' | 'plain';

/** Words by which servers name a line's level. Only upper case counts: "error" inside a sentence is no level. */
const words: readonly [LogLevel, RegExp][] = [
	['bad', /\b(?:ERROR|FATAL|PANIC|CRITICAL|SEVERE|ALERT|EMERGENCY)\b/],
	['warn', /\b(?:WARNING|WARN)\b/],
	['quiet', /\b(?:DEBUG\d?|TRACE|DETAIL|HINT|CONTEXT|STATEMENT|QUERY)\b/],
];

/** How loud a line is, by the word in it. */
export function levelOf(line: string): LogLevel {
	return words.find(([, pattern]) => pattern.test(line))?.[0] ?? 'plain';
}

export type Part = { text: string; kind: 'text' | 'level' | 'match' };

/** The line cut at its level word and at every place where `search` (lower case, may be empty) stands. */
export function partsOf(line: string, level: LogLevel, search: string): Part[] {
	const pattern = words.find(([name]) => name === level)?.[1];
	const found = pattern?.exec(line);
	if (!found) return marked(line, 'text', search);
	return [
		...marked(line.slice(0, found.index), 'text', search),
		...marked(found[0], 'level', search),
		...marked(line.slice(found.index + found[0].length), 'text', search),
	];
}

function marked(text: string, kind: 'text' | 'level', search: string): Part[] {
	if (text === '') return [];
	if (search === '') return [{ text, kind }];
	const lower = text.toLowerCase();
	// A letter whose lower case has another length would shift every place after it.
	if (lower.length !== text.length) return [{ text, kind }];
	const parts: Part[] = [];
	let from = 0;
	for (let at = lower.indexOf(search); at !== -1; at = lower.indexOf(search, from)) {
		if (at > from) parts.push({ text: text.slice(from, at), kind });
		parts.push({ text: text.slice(at, at + search.length), kind: 'match' });
		from = at + search.length;
	}
	if (from < text.length) parts.push({ text: text.slice(from), kind });
	return parts;
}
