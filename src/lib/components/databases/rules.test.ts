import { describe, expect, it } from 'vitest';
import { commandsOf, linesOf, presetOf, ruleText, usualRules, wordsOf } from './rules';

describe('rules', () => {
	it('knows a preset by its commands, whose order counts', () => {
		expect(presetOf(commandsOf('read') ?? [])).toBe('read');
		expect(presetOf(commandsOf('read')?.toReversed() ?? [])).toBe('own');
		expect(presetOf(usualRules.commands)).toBe('app');
		expect(presetOf(['+get'])).toBe('own');
		expect(presetOf([])).toBe('own');
	});

	it('takes one pattern a line and one command a word', () => {
		expect(linesOf(' app:*\n\n  cart: *  \n')).toEqual(['app:*', 'cart: *']);
		expect(wordsOf(' +@read  -keys\n+get ')).toEqual(['+@read', '-keys', '+get']);
	});

	it('writes rules as the engine does', () => {
		const rules = {
			keyPatterns: ['app:*', '%R~shared:*'],
			channelPatterns: ['news.*'],
			commands: ['+@read'],
		};
		expect(ruleText(rules)).toBe('~app:* %R~shared:* &news.* +@read');
	});
});
