import { describe, expect, it } from 'vitest';
import { groupCommands, mergeCommands, type Command } from './command';

const command = (id: string, group: string, title = id): Command => ({ id, title, group, href: `/${id}` });

describe('commands', () => {
	it('puts the page’s own commands, registered last, first', () => {
		const merged = mergeCommands([() => [command('home', 'go')], () => [command('stop', 'server')]]);
		expect(merged.map(({ id }) => id)).toEqual(['stop', 'home']);
	});

	it('lets a later source replace a command of the same id', () => {
		const merged = mergeCommands([
			() => [command('home', 'go', 'old')],
			() => [command('home', 'go', 'new')],
		]);
		expect(merged.map(({ title }) => title)).toEqual(['new']);
	});

	it('keeps groups and their commands in order', () => {
		const grouped = groupCommands([command('a', 'one'), command('b', 'two'), command('c', 'one')]);
		expect(grouped.map(([group, all]) => [group, all.map(({ id }) => id)])).toEqual([
			['one', ['a', 'c']],
			['two', ['b']],
		]);
	});
});
