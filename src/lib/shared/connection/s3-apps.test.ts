import { describe, expect, it } from 'vitest';
import { formsWithVisitors, s3AppText, s3Forms, type S3Facts } from './s3-apps';

const facts: S3Facts = {
	endpoint: 'http://127.0.0.1:49153',
	region: 'garage',
	bucket: 'shop-photos',
	publicUrl: 'https://sh0.example.com/s3/svc_1/shop-photos',
	keyId: 'AKIAIOSFODNN7EXAMPLE',
	secret: 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY0A',
};

describe('what programs are told of a key', () => {
	it.each(s3Forms)('%s names all that is needed', (form) => {
		const text = s3AppText(form, facts);
		const { host } = new URL(facts.endpoint);
		for (const part of [host, facts.region, facts.keyId, facts.secret ?? '']) expect(text).toContain(part);
		// s3cmd is told of the bucket in each command.
		if (form !== 's3cmd') expect(text).toContain(facts.bucket);
	});

	it.each(s3Forms)('%s has a place-holder where the secret is not known', (form) => {
		expect(s3AppText(form, { ...facts, secret: null })).toContain('SECRET');
	});

	it.each([...formsWithVisitors])('%s sends visitors to the public address', (form) => {
		const line = form === 'laravel' ? 'AWS_URL=https' : "define( 'S3_UPLOADS_BUCKET_URL', 'https";
		expect(s3AppText(form, facts)).toContain(`${line}://sh0.example.com/s3/svc_1/shop-photos`);
	});

	it('asks for paths in place of host names, and for no TLS where there is none', () => {
		expect(s3AppText('laravel', facts)).toContain('AWS_USE_PATH_STYLE_ENDPOINT=true');
		expect(s3AppText('s3cmd', facts)).toContain('use_https = False');
		expect(s3AppText('rclone', facts)).toContain('no_check_bucket = true');
		expect(s3AppText('s3cmd', { ...facts, endpoint: 'https://s3.example.com' })).toContain(
			'host_base = s3.example.com\nhost_bucket = s3.example.com\nbucket_location = garage\nuse_https = True',
		);
	});
});
