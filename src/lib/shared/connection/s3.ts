import type { ConnectionText } from './text';

/** Where S3 is: buckets are part of the path. */
export function s3Endpoint({ host, port }: { host: string; port: number }): string {
	return `http://${host}:${port}`;
}

/** How the AWS command line and the AWS libraries reach the server; a key is put in for the place-holders. */
export function s3ConnectionText(facts: { host: string; port: number; region: string }): ConnectionText {
	const uri = s3Endpoint(facts);
	const env = [
		`AWS_ENDPOINT_URL_S3=${uri}`,
		`AWS_REGION=${facts.region}`,
		'AWS_ACCESS_KEY_ID=KEY',
		'AWS_SECRET_ACCESS_KEY=SECRET',
	];
	return {
		uri,
		command: `aws s3 ls --endpoint-url ${uri} --region ${facts.region}`,
		env: env.join('\n'),
		snippets: [],
	};
}
