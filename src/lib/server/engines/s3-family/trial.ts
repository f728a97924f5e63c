import { randomUUID } from 'node:crypto';
import {
	DeleteObjectCommand,
	GetObjectCommand,
	PutObjectCommand,
	S3ServiceException,
	type S3Client,
} from '@aws-sdk/client-s3';
import { isAppError } from '../../errors';
import { openS3, toS3Error, type S3Login } from './client';

export const trialSteps = ['upload', 'read', 'remove'] as const;
/**
 * `allowed`: it may, but there was nothing to do it with. `skipped`: not tried, since nothing was uploaded. `differs`: what came back is not
 * what was sent.
 */
export const trialOutcomes = ['done', 'allowed', 'refused', 'skipped', 'differs'] as const;

export type TrialStep = {
	step: (typeof trialSteps)[number];
	outcome: (typeof trialOutcomes)[number];
	/** The name by which the engine refused. */
	code: string | null;
	durationMs: number;
};

type Result = Pick<TrialStep, 'outcome' | 'code'>;
const done: Result = { outcome: 'done', code: null };

/** Throws ENGINE_UNREACHABLE: then nothing is known of the key. */
async function attempted(step: TrialStep['step'], attempt: () => Promise<Result>): Promise<TrialStep> {
	const beganAt = performance.now();
	const result = await attempt().catch((error: unknown): Result => {
		if (!(error instanceof S3ServiceException)) throw toS3Error(error);
		if (isAppError(toS3Error(error), 'ENGINE_NOT_READY')) throw toS3Error(error);
		return { outcome: 'refused', code: error.name };
	});
	return { step, ...result, durationMs: Math.round(performance.now() - beganAt) };
}

async function read(s3: S3Client, object: { Bucket: string; Key: string }, text: string): Promise<Result> {
	try {
		const { Body } = await s3.send(new GetObjectCommand(object));
		return (await Body?.transformToString()) === text ? done : { outcome: 'differs', code: null };
	} catch (error) {
		// Whoever may not read is not told whether there is anything.
		if (error instanceof S3ServiceException && error.name === 'NoSuchKey')
			return { outcome: 'allowed', code: null };
		throw error;
	}
}

/**
 * Uploads, reads and removes one small object with a key, as an app would, and tells how each went. `hasVersions`: the engine keeps former
 * ones, so that the upload's own is removed. Throws ENGINE_UNREACHABLE, ENGINE_NOT_READY.
 */
export async function tryKey(
	login: S3Login,
	{ bucket, hasVersions }: { bucket: string; hasVersions: boolean },
): Promise<TrialStep[]> {
	const s3 = openS3(login, 1);
	const text = randomUUID();
	const object = { Bucket: bucket, Key: `sh0-try-${text}.txt` };
	let version: { VersionId?: string } = {};
	try {
		const upload = await attempted('upload', async () => {
			const { VersionId } = await s3.send(
				// Many apps send this ACL unasked; nothing but whoever has the key may read the object by it.
				new PutObjectCommand({ ...object, Body: text, ContentType: 'text/plain', ACL: 'private' }),
			);
			if (hasVersions && VersionId !== undefined) version = { VersionId };
			return done;
		});
		const reading = await attempted('read', () => read(s3, object, text));
		const removal = await attempted('remove', async () => {
			if (upload.outcome !== 'done') return { outcome: 'skipped', code: null };
			await s3.send(new DeleteObjectCommand({ ...object, ...version }));
			return done;
		});
		return [upload, reading, removal];
	} finally {
		s3.destroy();
	}
}
