import { expect, it, vi } from 'vitest';
import { UnfinishedUploads } from './resume';

function memory(): Pick<Storage, 'getItem' | 'setItem'> {
	const kept = new Map<string, string>();
	return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
}

const place = { serviceId: 'svc_a', bucket: 'b', key: 'film.mp4' };
const file = { size: 100, lastModified: 5 };
const upload = { uploadId: 'u', partBytes: 16 };

it('finds the upload of the same file after a reload', () => {
	const storage = memory();
	new UnfinishedUploads(storage).keep(place, file, upload);
	expect(new UnfinishedUploads(storage).find(place, file)).toMatchObject(upload);
});

it('takes another file, name, bucket or server for another upload', () => {
	const kept = new UnfinishedUploads(memory());
	kept.keep(place, file, upload);
	expect(kept.find(place, { ...file, size: 101 })).toBeNull();
	expect(kept.find(place, { ...file, lastModified: 6 })).toBeNull();
	expect(kept.find({ ...place, key: 'other' }, file)).toBeNull();
	expect(kept.find({ ...place, bucket: 'c' }, file)).toBeNull();
	expect(kept.find({ ...place, serviceId: 'svc_b' }, file)).toBeNull();
	kept.forget(place, file);
	expect(kept.find(place, file)).toBeNull();
});

it('forgets what is older than a week', () => {
	const kept = new UnfinishedUploads(memory());
	kept.keep(place, file, upload);
	vi.useFakeTimers({ now: Date.now() + 8 * 86_400_000 });
	expect(kept.find(place, file)).toBeNull();
	vi.useRealTimers();
});

it('does without a browser that keeps nothing, or keeps what it cannot read', () => {
	const broken = {
		getItem: () => '{"a":{"uploadId":5}}',
		setItem: () => {
			throw new Error('full');
		},
	};
	const kept = new UnfinishedUploads(broken);
	kept.keep(place, file, upload);
	expect(kept.find(place, file)).toBeNull();
});
