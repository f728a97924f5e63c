import { expect, it } from 'vitest';
import { foldersOf } from './empty-folders';

it('names the folders that hold keys, the deepest first and each once', () => {
	expect(foldersOf(['a/b/c/1', 'a/b/2', 'a/3', 'x', 'd/'])).toEqual([['a/b/c/'], ['a/b/'], ['a/']]);
	expect(foldersOf(['a/b/c/', 'z/y/1'])).toEqual([
		['a/b/', 'z/y/'],
		['a/', 'z/'],
	]);
	expect(foldersOf(['x', 'y'])).toEqual([]);
});
