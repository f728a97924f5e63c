import { AppError } from '../../../errors';
import type { UserAccess } from '../../engine';
import type { Connection } from '../connection';
import { isOneWord } from '../names';
import { asList, asText } from '../replies';

/** Rules that take everything away; a user's own come after them. */
export const CLEAR_RULES = ['resetkeys', 'resetchannels', 'clearselectors', '-@all'];

const maxRuleBytes = 1_000;
/** A key pattern may say that keys are only read, or only written. */
const keyRule = /^%(?:R|W|RW|WR)~/i;
const commandRule = /^[+-](@?)([a-z][a-z0-9_.-]*)(?:\|([a-z0-9_.-]+))?$/;

/** The names of everything a rule can be about. */
export type CommandNames = { categories: Set<string>; commands: Set<string> };

function invalid(rule: string): AppError {
	return new AppError('ACCESS_INVALID', { details: { rule: rule.slice(0, 100) }, field: 'access' });
}

/** What this server knows: categories, commands and `command|subcommand`. */
export async function readCommandNames(root: Connection): Promise<CommandNames> {
	const categories = asList(await root.call('ACL', 'CAT')).map(asText);
	const commands = new Set<string>();
	for (const category of categories)
		for (const name of asList(await root.call('ACL', 'CAT', category))) commands.add(asText(name));
	return { categories: new Set([...categories, 'all']), commands };
}

function hasSubcommands({ commands }: CommandNames, name: string): boolean {
	return [...commands].some((known) => known.startsWith(`${name}|`));
}

/** `+select|3` is about a command's first argument; whether one may say so, the server knows. */
function isCommand(names: CommandNames, name: string, part: string | undefined): boolean {
	if (hasSubcommands(names, name)) return part === undefined || names.commands.has(`${name}|${part}`);
	return names.commands.has(name);
}

function assertPattern(pattern: string): void {
	if (!isOneWord(pattern) || Buffer.byteLength(pattern) > maxRuleBytes) throw invalid(pattern);
}

function assertCommand(rule: string, names: CommandNames): void {
	const [, at, name = '', part] = commandRule.exec(rule) ?? [];
	const isKnown =
		at === '@' ? part === undefined && names.categories.has(name) : isCommand(names, name, part);
	if (!isKnown) throw invalid(rule);
}

/** The rules of an access, each a word of its own. Throws ACCESS_INVALID with `{ rule }` for one that the server does not know. */
export function rulesOf(access: UserAccess, names: CommandNames): string[] {
	for (const pattern of [...access.keyPatterns, ...access.channelPatterns]) assertPattern(pattern);
	for (const rule of access.commands) assertCommand(rule, names);
	return [
		...access.keyPatterns.map((pattern) => (keyRule.test(pattern) ? pattern : `~${pattern}`)),
		...access.channelPatterns.map((pattern) => `&${pattern}`),
		...access.commands,
	];
}

/** The server's words for keys as patterns; one that only looks like a rule of its own gets a backslash, which changes nothing. */
function keyPatternOf(rule: string): string {
	if (!rule.startsWith('~')) return rule;
	const pattern = rule.slice(1);
	return keyRule.test(pattern) ? `\\${pattern}` : pattern;
}

function compareText(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Redis 7.0 keeps no list of rules: it describes what they amount to, categories first and then single commands in an order that each
 * start shuffles. By name, with a command before its parts, they mean the same and stay the same.
 */
export function inLastingOrder(commands: string[]): string[] {
	const single = commands.filter((rule) => rule[1] !== '@');
	return [
		...commands.filter((rule) => rule[1] === '@'),
		...single.sort((a, b) => compareText(a.slice(1), b.slice(1))),
	];
}

/** A user as `ACL LIST` shows it. */
export type ListedUser = { name: string; isOn: boolean; access: UserAccess; rules: string[] };

/** Splits at blanks that are not in brackets: those hold more rules of a user made by hand, which are one rule together. */
function words(line: string): string[] {
	return line.match(/\([^)]*\)|\S+/g) ?? [];
}

/** Reads a line of `ACL LIST`: `user NAME on #… ~keys resetchannels &channels -@all +@read`. */
export function parseUser(line: string): ListedUser {
	const [, name = ''] = line.split(' ', 2);
	const rules = words(line.slice(`user ${name} `.length));
	const access: UserAccess = {
		keyPatterns: rules.filter((rule) => rule.startsWith('~') || keyRule.test(rule)).map(keyPatternOf),
		channelPatterns: rules.flatMap((rule) => (rule.startsWith('&') ? [rule.slice(1)] : [])),
		commands: rules.filter((rule) => /^[+-]/.test(rule)),
	};
	// Where every list begins.
	if (access.commands[0] === '-@all') access.commands.shift();
	return { name, isOn: rules.includes('on'), access, rules };
}
