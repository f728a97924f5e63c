/** How programs are told of a key: each form is what stands in a file of theirs. */
export const s3Forms = [
	'env',
	'node',
	'python',
	'laravel',
	'nextjs',
	'wordpress',
	'rclone',
	's3cmd',
] as const;
export type S3Form = (typeof s3Forms)[number];

/** Those whose pages send visitors to the bucket itself: without its public address the files are stored, and seen by nobody. */
export const formsWithVisitors: ReadonlySet<S3Form> = new Set(['laravel', 'wordpress']);

/**
 * Ids and secrets are letters and digits, buckets those with hyphens and dots, and both addresses are ours: none of them needs
 * quoting anywhere. `secret` null: a place-holder stands for it.
 */
export type S3Facts = {
	/** Such as `http://files:3900`; buckets are part of the path. */
	endpoint: string;
	region: string;
	bucket: string;
	/** Where everybody reads the bucket's objects once it is public, without a slash at its end. */
	publicUrl: string;
	keyId: string;
	secret: string | null;
};

const PLACE_HOLDER = 'SECRET';

type Complete = S3Facts & { secret: string };

const byForm: Record<S3Form, (facts: Complete) => string> = {
	env: awsEnv,
	node: nodeClient,
	python: ({ endpoint, region, keyId, secret, bucket }) =>
		[
			'import boto3',
			'from botocore.config import Config',
			'',
			's3 = boto3.client(',
			'    "s3",',
			`    endpoint_url="${endpoint}",`,
			`    region_name="${region}",`,
			`    aws_access_key_id="${keyId}",`,
			`    aws_secret_access_key="${secret}",`,
			'    config=Config(s3={"addressing_style": "path"}),',
			')',
			`print(s3.list_objects_v2(Bucket="${bucket}").get("KeyCount"))`,
		].join('\n'),
	laravel: ({ endpoint, region, keyId, secret, bucket, publicUrl }) =>
		[
			'FILESYSTEM_DISK=s3',
			`AWS_ACCESS_KEY_ID=${keyId}`,
			`AWS_SECRET_ACCESS_KEY=${secret}`,
			`AWS_DEFAULT_REGION=${region}`,
			`AWS_BUCKET=${bucket}`,
			`AWS_ENDPOINT=${endpoint}`,
			`AWS_URL=${publicUrl}`,
			'AWS_USE_PATH_STYLE_ENDPOINT=true',
		].join('\n'),
	nextjs: (facts) =>
		[
			'# .env.local',
			awsEnv(facts),
			'',
			'// lib/s3.ts',
			"import { S3Client } from '@aws-sdk/client-s3';",
			'',
			'export const bucket = process.env.S3_BUCKET;',
			'export const s3 = new S3Client({ forcePathStyle: true });',
		].join('\n'),
	wordpress: ({ endpoint, region, keyId, secret, bucket, publicUrl }) =>
		[
			'// wp-config.php (S3-Uploads)',
			`define( 'S3_UPLOADS_BUCKET', '${bucket}' );`,
			`define( 'S3_UPLOADS_BUCKET_URL', '${publicUrl}' );`,
			`define( 'S3_UPLOADS_REGION', '${region}' );`,
			`define( 'S3_UPLOADS_KEY', '${keyId}' );`,
			`define( 'S3_UPLOADS_SECRET', '${secret}' );`,
			'',
			'// wp-content/mu-plugins/s3-endpoint.php',
			'<?php',
			"add_filter( 's3_uploads_s3_client_params', function ( $params ) {",
			`\t$params['endpoint'] = '${endpoint}';`,
			"\t$params['use_path_style_endpoint'] = true;",
			'\treturn $params;',
			'} );',
		].join('\n'),
	rclone: ({ endpoint, region, keyId, secret, bucket }) =>
		[
			`[${bucket}]`,
			'type = s3',
			'provider = Other',
			`endpoint = ${endpoint}`,
			`region = ${region}`,
			`access_key_id = ${keyId}`,
			`secret_access_key = ${secret}`,
			'force_path_style = true',
			// The key may not make buckets, which rclone tries before it sends a single file.
			'no_check_bucket = true',
		].join('\n'),
	s3cmd: ({ endpoint, region, keyId, secret }) => {
		const { host, protocol } = new URL(endpoint);
		return [
			'[default]',
			`access_key = ${keyId}`,
			`secret_key = ${secret}`,
			`host_base = ${host}`,
			`host_bucket = ${host}`,
			`bucket_location = ${region}`,
			`use_https = ${protocol === 'https:' ? 'True' : 'False'}`,
		].join('\n');
	},
};

function awsEnv({ endpoint, region, keyId, secret, bucket }: Complete): string {
	return [
		`AWS_ENDPOINT_URL_S3=${endpoint}`,
		`AWS_REGION=${region}`,
		`AWS_ACCESS_KEY_ID=${keyId}`,
		`AWS_SECRET_ACCESS_KEY=${secret}`,
		`S3_BUCKET=${bucket}`,
	].join('\n');
}

function nodeClient({ endpoint, region, keyId, secret, bucket }: Complete): string {
	return [
		"import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';",
		'',
		'const s3 = new S3Client({',
		`\tendpoint: '${endpoint}',`,
		`\tregion: '${region}',`,
		'\tforcePathStyle: true,',
		`\tcredentials: { accessKeyId: '${keyId}', secretAccessKey: '${secret}' },`,
		'});',
		`const { KeyCount } = await s3.send(new ListObjectsV2Command({ Bucket: '${bucket}' }));`,
		'console.log(KeyCount);',
	].join('\n');
}

/** What one program is told. */
export function s3AppText(form: S3Form, facts: S3Facts): string {
	return byForm[form]({ ...facts, secret: facts.secret ?? PLACE_HOLDER });
}
