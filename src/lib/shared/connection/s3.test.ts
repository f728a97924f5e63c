import { expect, it } from 'vitest';
import { s3ConnectionText } from './s3';

it('says where S3 is and what it signs for, with place-holders for a key', () => {
	const { uri, command, env } = s3ConnectionText({ host: 'files', port: 3900, region: 'us-east-1' });
	expect(uri).toBe('http://files:3900');
	expect(command).toBe('aws s3 ls --endpoint-url http://files:3900 --region us-east-1');
	expect(env.split('\n')).toEqual([
		'AWS_ENDPOINT_URL_S3=http://files:3900',
		'AWS_REGION=us-east-1',
		'AWS_ACCESS_KEY_ID=KEY',
		'AWS_SECRET_ACCESS_KEY=SECRET',
	]);
});
