import { expect, it } from 'vitest';
import { Places } from './places';

it('has so many places for each holder and in all', () => {
	const places = new Places({ each: 2, all: 3 });
	const first = places.take('a');
	expect(first).not.toBeNull();
	expect(places.take('a')).not.toBeNull();
	expect(places.take('a')).toBeNull();
	expect(places.take('b')).not.toBeNull();
	expect(places.take('c')).toBeNull();
	first?.();
	// Given back once, however often it is said.
	first?.();
	expect(places.take('c')).not.toBeNull();
	expect(places.take('a')).toBeNull();
});
