import { describe, expect, it } from 'vitest';
import { choicesOf, namesIn, suggested } from './choice';

const found = (name: string) => ({ name, objects: 3, sizeBytes: 30 });

describe('choicesOf', () => {
	it('chooses all, under their own names', () => {
		expect(choicesOf([found('photos')], undefined)).toEqual([
			{
				source: 'photos',
				target: 'photos',
				isChosen: true,
				isIntoExisting: false,
				objects: 3,
				sizeBytes: 30,
			},
		]);
	});

	it('finds another name for one that is not allowed here', () => {
		expect(choicesOf([found('My_Photos.2009')], undefined)[0]?.target).toBe('my-photos-2009');
		expect(suggested('__')).toBe('');
	});

	it('begins again as a former copy was, into what is there', () => {
		const bucket = { source: 'photos', target: 'pictures' };
		const former = { buckets: [bucket] } as Parameters<typeof choicesOf>[1];
		expect(choicesOf([found('photos'), found('videos')], former)).toMatchObject([
			{ target: 'pictures', isChosen: true, isIntoExisting: true },
			{ target: 'videos', isChosen: false, isIntoExisting: false },
		]);
	});
});

describe('namesIn', () => {
	it('takes each once, whatever stands between', () => {
		expect(namesIn(' a\nb, c\n\n a ')).toEqual(['a', 'b', 'c']);
	});
});
