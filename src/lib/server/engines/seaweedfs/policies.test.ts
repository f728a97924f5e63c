import { describe, expect, it } from 'vitest';
import { isNamedByOthers, isPublic, readPolicy, withGrant, withPublicRead, writePolicy } from './policies';

const end = new Date('2027-03-04T05:06:07Z');
const nothing = { grants: [], isPublicRead: false, others: [] };
const foreign = (Principal: unknown) => ({
	...{ Sid: 'mine', Effect: 'Allow', Principal },
	...{ Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::b/*'] },
});
const grant = (id: string, change = {}) => ({
	...{ id, read: true, write: false, owner: false, expiresAt: null },
	...change,
});

describe('a bucket’s policy', () => {
	it('is none when nobody has a right', () => {
		expect(writePolicy('b', nothing)).toBeNull();
		expect(readPolicy('b', null)).toEqual(nothing);
	});

	it('says again exactly what it was made of', () => {
		const rights = {
			grants: [
				grant('KEY1', { owner: true }),
				grant('KEY2', { write: true, expiresAt: end }),
				grant('KEY3'),
				grant('KEY4', { read: false, owner: true }),
			],
			isPublicRead: true,
			others: [foreign({ AWS: ['arn:aws:iam::000000000000:user/someone'] })],
		};
		const read = readPolicy('b', writePolicy('b', rights));
		expect({ ...read, grants: read.grants.toSorted((a, b) => (a.id < b.id ? -1 : 1)) }).toEqual(rights);
	});

	it('names many keys with the same rights in one statement each', () => {
		const grants = Array.from({ length: 100 }, (_, index) => grant(`KEY${index}`, { write: true }));
		const text = writePolicy('b', { ...nothing, grants }) ?? '';
		expect(JSON.parse(text).Statement).toHaveLength(2);
		expect(text.length).toBeLessThan(20_480);
	});

	it('ends a key’s right by the time', () => {
		const text = writePolicy('b', { ...nothing, grants: [grant('KEY1', { expiresAt: end })] }) ?? '';
		const condition = { DateLessThan: { 'aws:CurrentTime': '2027-03-04T05:06:07Z' } };
		expect(JSON.parse(text).Statement).toMatchObject([{ Effect: 'Allow', Condition: condition }]);
	});

	it('names keys with line breaks where a right ends', () => {
		const grants = [grant('KEY1', { expiresAt: end }), grant('KEY2')];
		const policy = JSON.parse(writePolicy('b', { ...nothing, grants }) ?? '');
		expect(policy.Statement).toMatchObject([
			{
				Resource: [
					...['arn:aws:s3:::b', 'arn:aws:s3:::b/*', 'arn:aws:s3:::b/*\n*', 'arn:aws:s3:::b/*\n*\n*'],
					...['arn:aws:s3:::b/*\n*\n*\n*', 'arn:aws:s3:::b/*\n*\n*\n*\n*'],
				],
			},
			{ Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'] },
		]);
	});

	it('is not taken for ours when somebody changed it', () => {
		const text = writePolicy('b', { ...nothing, grants: [grant('KEY1', { expiresAt: end })] }) ?? '';
		const policy = JSON.parse(text);
		delete policy.Statement[0].Condition;
		const read = readPolicy('b', JSON.stringify(policy));
		expect(read.grants).toEqual([]);
		expect(isNamedByOthers(read, 'KEY1')).toBe(true);
		expect(isNamedByOthers(read, 'KEY')).toBe(false);
		expect(readPolicy('other', text).grants).toEqual([]);
	});

	it('is ours as servers hold it, to the letter', () => {
		const common = {
			...{ Effect: 'Allow', Principal: { AWS: ['arn:aws:iam::000000000000:user/KEY1'] } },
			Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'],
		};
		const read = [
			...['GetBucketLocation', 'GetObject', 'GetObjectAttributes', 'GetObjectTagging', 'GetObjectVersion'],
			...['ListBucket', 'ListBucketMultipartUploads', 'ListBucketVersions'],
		];
		const write = [
			...['AbortMultipartUpload', 'DeleteObject', 'DeleteObjectTagging', 'DeleteObjectVersion'],
			...['GetBucketLocation', 'ListMultipartUploadParts', 'PutObject', 'PutObjectAcl', 'PutObjectTagging'],
		];
		const owner = [
			...['DeleteBucket', 'DeleteBucketCors', 'GetBucketCors', 'GetBucketLocation', 'GetBucketVersioning'],
			...['GetLifecycleConfiguration', 'PutBucketCors', 'PutBucketVersioning', 'PutLifecycleConfiguration'],
		];
		const Statement = Object.entries({ read, write, owner }).map(([right, actions]) => ({
			...common,
			Sid: `sh0-${right}`,
			Action: actions.map((action) => `s3:${action}`),
		}));
		expect(readPolicy('b', JSON.stringify({ Version: '2012-10-17', Statement }))).toEqual({
			...nothing,
			grants: [grant('KEY1', { write: true, owner: true })],
		});
	});

	it('reads one that has a single statement', () => {
		const text = JSON.stringify({ Version: '2012-10-17', Statement: foreign('*') });
		expect(isPublic(readPolicy('b', text))).toBe(true);
	});
});

describe('changes', () => {
	it('make a key’s rights exactly these', () => {
		const given = withGrant(
			{ ...nothing, grants: [grant('A'), grant('B')] },
			grant('A', { read: false, write: true }),
		);
		expect(given.grants).toEqual([grant('B'), grant('A', { read: false, write: true })]);
		expect(withGrant(given, grant('A', { read: false })).grants).toEqual([grant('B')]);
	});

	it('shut a bucket for everybody, whoever opened it, and leave the rest', () => {
		const others = [foreign('*'), foreign({ AWS: ['arn:aws:iam::000000000000:user/someone'] })];
		const open = withPublicRead({ ...nothing, others }, true);
		expect(isPublic(open)).toBe(true);
		const shut = withPublicRead(open, false);
		expect(isPublic(shut)).toBe(false);
		expect(shut.others).toEqual(others.slice(1));
	});
});
