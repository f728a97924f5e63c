import {
	DeleteBucketCorsCommand,
	GetBucketCorsCommand,
	PutBucketCorsCommand,
	type CORSRule,
	type S3Client,
} from '@aws-sdk/client-s3';
import { isDeepStrictEqual } from 'node:util';
import { corsRuleSchema, type CorsRule } from '$lib/shared/storage-rules';
import { AppError } from '../../errors';
import { isRefusal, toS3Error } from './client';

function toS3Cors(rule: CorsRule): CORSRule {
	return {
		AllowedOrigins: rule.origins,
		AllowedMethods: rule.methods,
		AllowedHeaders: rule.allowedHeaders,
		ExposeHeaders: rule.exposedHeaders,
		...(rule.maxAgeSeconds === null ? {} : { MaxAgeSeconds: rule.maxAgeSeconds }),
	};
}

/** The rules; those that cannot be shown, made by an app's own means, are left out. */
function fromS3Cors(rules: CORSRule[]): CorsRule[] {
	return rules.flatMap((rule) => {
		const read = corsRuleSchema.safeParse({
			origins: rule.AllowedOrigins,
			methods: rule.AllowedMethods,
			allowedHeaders: rule.AllowedHeaders ?? [],
			exposedHeaders: rule.ExposeHeaders ?? [],
			// An engine may write zero where nothing was said.
			maxAgeSeconds: rule.MaxAgeSeconds || null,
		});
		return read.success ? [read.data] : [];
	});
}

/** As `StorageAdmin.cors.get`. */
export async function getCors(s3: S3Client, bucket: string): Promise<CorsRule[]> {
	try {
		const { CORSRules = [] } = await s3.send(new GetBucketCorsCommand({ Bucket: bucket }));
		return fromS3Cors(CORSRules);
	} catch (error) {
		if (isRefusal(error, 'NoSuchCORSConfiguration')) return [];
		throw toS3Error(error);
	}
}

/** As `StorageAdmin.cors.set`. */
export async function setCors(s3: S3Client, bucket: string, rules: CorsRule[]): Promise<void> {
	try {
		if (rules.length === 0) await s3.send(new DeleteBucketCorsCommand({ Bucket: bucket }));
		else
			await s3.send(
				new PutBucketCorsCommand({
					Bucket: bucket,
					CORSConfiguration: { CORSRules: rules.map(toS3Cors) },
				}),
			);
	} catch (error) {
		throw toS3Error(error);
	}
	const asked = rules.map((rule) => ({ ...rule, maxAgeSeconds: rule.maxAgeSeconds || null }));
	if (!isDeepStrictEqual(await getCors(s3, bucket), asked))
		throw new AppError('SETTING_REFUSED', { details: { key: 'cors' } });
}
