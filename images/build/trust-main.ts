import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { type Command, Option } from "commander";

import { CommandLine, runCommandLine } from "../../lib/command-line";
import { step } from "../../lib/progress";
import { byDigest } from "../inventory/reference";
import { platformsOf } from "../inventory/registry";
import { demandedDigests } from "./digests";
import { attest, billOf, sign, signedBy, type Signer, verifyAll } from "./signatures";

interface Options {
    digests: string;
    signer: string;
    issuer?: string;
    bills?: string;
}

const signerOf = ({ signer, issuer }: Options): Signer => ({ identity: signer, issuer });

/** Signs what isn't signed yet, and leaves beside each image what is in it. */
async function signAll(options: Options): Promise<void> {
    const digests = demandedDigests(options.digests);
    const isSigned = await signedBy(signerOf(options));
    const bills = options.bills;
    if (bills) await mkdir(bills, { recursive: true });
    for (const [ref, digest] of Object.entries(digests)) {
        const { images, isList } = await imagesIn(ref, digest);
        const name = ref.replace(/^.*\//, "").replace(":", "-");
        const listed = images.map((image) => ({
            ...image,
            bill: bills && join(bills, `${[name, ...image.suffix].join(".")}.spdx.json`),
        }));
        for (const { bill, ...image } of listed)
            if (bill) await step(`List what is in ${image.name}`, () => billOf(ref, image.digest, bill));
        if (await isSigned(ref, digest)) continue;
        for (const { bill, ...image } of listed)
            if (bill) await step(`Attest what is in ${image.name}`, () => attest(ref, image.digest, bill));
        await step(`Sign ${ref}`, () => sign(ref, digest, isList));
    }
}

/** The images that a name stands for: those of a list, or the one. */
async function imagesIn(ref: string, digest: string) {
    const platforms = await platformsOf(byDigest(ref, digest));
    if (!platforms) return { isList: false, images: [{ name: ref, digest, suffix: [] as string[] }] };
    const images = platforms.map(({ platform, digest: own }) => ({
        ...{ name: `${ref} for ${platform}`, digest: own, suffix: [platform.replace("/", "-")] },
    }));
    return { isList: true, images };
}

const common = (command: Command) =>
    command
        .addOption(new Option("--digests <file>", "the images, as `make images` wrote them").makeOptionMandatory())
        .addOption(
            new Option("--signer <identity>", "whose signature counts: the workflow's address").makeOptionMandatory(),
        )
        .option("--issuer <address>", "who vouches for it (default: GitHub's workflows)");

const program = new CommandLine("images").description("Signs images by what is in them, and verifies it; needs cosign");
common(program.command("sign"))
    .description("signs what the identity has not signed yet, as the job that this runs in")
    .option("--bills <dir>", "also writes what is in each image there, and attests it; needs syft")
    .action(signAll);
common(program.command("verify"))
    .description("refuses images that the identity has not signed under their names")
    .action((options: Options) => verifyAll(demandedDigests(options.digests), signerOf(options)));

void runCommandLine(program);
