import { Agent } from 'node:http';
import { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { Secret } from '../secret';

/** A key as a person would have it. */
export type AppKey = { id: string; secret: Secret };

/** The SDK as an app sets it up from the variables that it was given. */
export function appClient(endpoint: string, { id, secret }: AppKey, region = 'us-east-1'): S3Client {
	return new S3Client({
		endpoint,
		region,
		forcePathStyle: true,
		credentials: { accessKeyId: id, secretAccessKey: secret.reveal() },
		maxAttempts: 1,
		requestHandler: { httpAgent: new Agent({ maxSockets: 8 }), requestTimeout: 20_000 },
	});
}

/** `ok`, or the name by which the server refused. Anything else fails the test. */
export async function outcome(attempt: Promise<unknown>): Promise<string> {
	try {
		await attempt;
		return 'ok';
	} catch (error) {
		if (error instanceof S3ServiceException) return error.name;
		throw error;
	}
}
