const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
	return text.replace(/&(?:#(\d+)|#x([0-9A-Fa-f]+)|(\w+));/g, (whole, decimal, hex, name) => {
		if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
		if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
		return named[name] ?? whole;
	});
}

/** The texts of all elements of this name, in their order. What is read with it has neither attributes nor elements inside. */
export function textsOf(xml: string, element: string): string[] {
	return [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].map(([, text = '']) =>
		unescaped(text),
	);
}
