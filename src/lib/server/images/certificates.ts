import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';

/** Where distributions keep the certificates that the machine trusts, those of a company's own proxy among them. */
const bundles = [
	'/etc/ssl/certs/ca-certificates.crt',
	'/etc/pki/tls/certs/ca-bundle.crt',
	'/etc/ssl/ca-bundle.pem',
	'/etc/ssl/cert.pem',
];

/** The certificates that this machine trusts, as one PEM text; those that came with Node where it has no list of its own. */
export async function readCertificates(paths: string[] = bundles): Promise<string> {
	for (const path of paths) {
		const text = await readFile(path, 'utf8').catch(() => undefined);
		if (text !== undefined) return text;
	}
	return `${rootCertificates.join('\n')}\n`;
}
