// Somebody who watches the page and a Prometheus that scrapes, in a process of their own.
const [url = '', pause = ''] = process.argv.slice(2);

async function readAll(address: string): Promise<void> {
  const { body } = await fetch(address);
  if (body !== null) for await (const part of body) if (part === undefined) return;
}

const scrape = async (): Promise<void> => {
  for (;;) {
    await readAll(`${url}/metrics`);
    await new Promise((resolve) => setTimeout(resolve, Number(pause)));
  }
};
const quiet = (): void => undefined;

void readAll(`${url}/api/v1/events`).catch(quiet);
void scrape().catch(quiet);
process.once('disconnect', () => process.exit(0));
process.send?.('watching');
