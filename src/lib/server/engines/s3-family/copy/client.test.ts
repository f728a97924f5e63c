import type { RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { CreateMultipartUploadCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { Secret } from '../../../secret';
import { answering } from '../../../testing/http-server';
import { ask, faultOf, listBucketNames, openCopyClient, TransferFault } from './client';

async function faultAt(endpoint: string): Promise<string> {
	const login = {
		endpoint,
		region: 'us-east-1',
		accessKeyId: 'AKEXAMPLE',
		secret: new Secret('s'.repeat(40)),
	};
	const lookup = (
		_host: string,
		options: { all?: boolean | undefined },
		done: (error: null, address: string | { address: string; family: number }[], family?: number) => void,
	) => (options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4));
	const s3 = openCopyClient({ ...login, isPathStyle: true, lookup });
	try {
		return (await listBucketNames(s3, AbortSignal.timeout(10_000))).join();
	} catch (error) {
		if (error instanceof TransferFault) return `${error.kind} ${error.code}`;
		throw error;
	} finally {
		s3.destroy();
	}
}

it('connects where it was told to, whatever the name stands for elsewhere', async () => {
	const names = '<Buckets><Bucket><Name>photos</Name></Bucket></Buckets>';
	const port = await answering((_request, response) =>
		response.end(`<?xml version="1.0"?><ListAllMyBucketsResult>${names}</ListAllMyBucketsResult>`),
	);
	expect(await faultAt(`http://s3.example.test:${port}`)).toBe('photos');
});

it('follows no redirect', async () => {
	const asked: string[] = [];
	const port = await answering((request, response) => {
		asked.push(request.headers.host ?? '');
		response.writeHead(307, { location: 'http://127.0.0.1:1/secrets' }).end();
	});
	expect(await faultAt(`http://s3.example.test:${port}`)).toMatch(/^refused /);
	expect(asked).toEqual([`s3.example.test:${port}`]);
});

it('gives up an answer that does not end', async () => {
	let sent = 0;
	const port = await answering((_request, response) => {
		const more = () => {
			while (!response.destroyed && response.write('x'.repeat(65_536))) sent += 65_536;
			if (!response.destroyed) response.once('drain', more);
		};
		more();
	});
	expect(await faultAt(`http://s3.example.test:${port}`)).toBe('refused AnswerTooLong');
	expect(sent).toBeLessThan(64 * 1024 * 1024);
});

function refusing(code: string, message: string): RequestListener {
	const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
	return (_request, response) => response.writeHead(403).end(body);
}

it('tells a key that is not known from a right that is missing', async () => {
	for (const [code, message, fault] of [
		['AccessDenied', 'Access denied.', 'refused AccessDenied'],
		['AccessDenied', 'Forbidden: Invalid signature', 'login SignatureDoesNotMatch'],
		['InvalidAccessKeyId', 'unknown', 'login InvalidAccessKeyId'],
	] as const) {
		const port = await answering(refusing(code, message));
		expect(await faultAt(`http://s3.example.test:${port}`)).toBe(fault);
	}
});

it.each([
	['AccessDenied', 'Bucket size quota is reached, maximum is 10', 'QuotaExceeded'],
	['Forbidden', 'Object quota is reached, maximum is 1', 'QuotaExceeded'],
	['XMinioAdminBucketQuotaExceeded', 'exceeded', 'QuotaExceeded'],
	['XMinioStorageFull', 'full', 'StorageFull'],
	['Other', 'write: No space left on device', 'StorageFull'],
	['NoSuchKey', 'none', 'NoSuchKey'],
])('knows %s, %s', async (code, message, name) => {
	const port = await answering(refusing(code, message));
	expect(await faultAt(`http://s3.example.test:${port}`)).toBe(`refused ${name}`);
});

it('tells what may pass from what stays as it is', async () => {
	const nameless = async (status: number) =>
		faultAt(
			`http://s3.example.test:${await answering((_request, response) => response.writeHead(status).end())}`,
		);
	expect(await nameless(503)).toBe('away Http503');
	expect(await nameless(429)).toBe('away Http429');
	expect(await nameless(403)).toBe('refused Http403');
	expect(await faultAt('http://s3.example.test:1')).toBe('away unreachable');
	// It speaks no TLS, and will not learn it.
	const plain = await answering((_request, response) => response.end());
	expect(await faultAt(`https://s3.example.test:${plain}`)).toMatch(/^refused ERR_SSL_\w+$/);
	const untrusted = Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
	expect(faultOf('source', untrusted)).toMatchObject({
		kind: 'refused',
		code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
	});
});

it.each([
	['CERT_HAS_EXPIRED', 'refused CERT_HAS_EXPIRED'],
	['ERR_TLS_CERT_ALTNAME_INVALID', 'refused ERR_TLS_CERT_ALTNAME_INVALID'],
	['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'refused ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'],
	['ERR_SSL_WRONG_VERSION_NUMBER', 'refused ERR_SSL_WRONG_VERSION_NUMBER'],
	['ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC', 'away unreachable'],
	['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'away unreachable'],
	['ERR_TLS_HANDSHAKE_TIMEOUT', 'away unreachable'],
	['EPROTO', 'away unreachable'],
])('tells a secure connection that broke from one that cannot be: %s', (code, told) => {
	const fault = faultOf('source', Object.assign(new Error('TLS'), { code }));
	expect(fault instanceof TransferFault && `${fault.kind} ${fault.code}`).toBe(told);
});

it('leaves a mistake of ours what it is', async () => {
	const mistake = new TypeError('Cannot read properties of undefined');
	const call = () => Promise.reject(mistake);
	await expect(ask('source', AbortSignal.timeout(10_000), call)).rejects.toBe(mistake);
});

it('sends the letters of a header as they were signed', async () => {
	const seen: string[] = [];
	const port = await answering((request, response) => {
		seen.push(Buffer.from(request.headers['content-disposition'] ?? '', 'latin1').toString('utf8'));
		response.setHeader('etag', '"a"').end();
	});
	const s3 = openCopyClient({
		...{ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', isPathStyle: true },
		...{ accessKeyId: 'AKEXAMPLE', secret: new Secret('s'.repeat(40)) },
	});
	const put = { Bucket: 'b', Key: 'a', ContentDisposition: 'attachment; filename="é 日.pdf"' };
	await s3.send(new PutObjectCommand({ ...put, Body: Readable.from([Buffer.from('x')]), ContentLength: 1 }));
	await s3.send(new CreateMultipartUploadCommand(put)).catch(() => undefined);
	s3.destroy();
	expect(seen).toEqual([put.ContentDisposition, put.ContentDisposition]);
});
