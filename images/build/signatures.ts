import { type ImageDigests } from "../../config/image-digests";
import { UserError } from "../../lib/errors";
import { run, isMissing } from "../../lib/exec";
import { step } from "../../lib/progress";
import { byDigest } from "../inventory/reference";
import { type Trust } from "./missing";

/** Signer of images, as the certificate names it. */
export interface Signer {
    /** The workflow's address: `https://github.com/<owner>/<name>/.github/workflows/images.yml@refs/heads/main`. */
    identity: string;
    /** Issuer that vouches for that. @default GitHub's workflows */
    issuer?: string;
}

const github = "https://token.actions.githubusercontent.com";

/**
 * The name under which an image was signed is part of the signature: an older image of ours under a newer tag isn't taken for it.
 * Nothing else in a signature names the tag.
 */
const named = (ref: string) => ["--annotations", `image=${ref}`];

async function verify(ref: string, digest: string, { identity, issuer = github }: Signer): Promise<void> {
    await cosign([
        "verify",
        ...["--certificate-identity", identity, "--certificate-oidc-issuer", issuer],
        ...named(ref),
        byDigest(ref, digest),
    ]);
}

/** Trusts what an identity has signed under that very name. */
export async function signedBy(signer: Signer): Promise<Trust> {
    await cosign(["version"]);
    return (ref, digest) =>
        verify(ref, digest, signer).then(
            () => true,
            (error: unknown) => {
                if (error instanceof UserError) return false;
                throw error;
            },
        );
}

/**
 * Refuses images that the identity hasn't signed under their names.
 *
 * @throws UserError that names all of them, with what was said of each
 */
export async function verifyAll(digests: ImageDigests, signer: Signer): Promise<void> {
    if (Object.keys(digests).length === 0)
        throw new UserError("there is no image to verify: the file of digests is empty");
    await cosign(["version"]);
    const refused: string[] = [];
    for (const [ref, digest] of Object.entries(digests)) {
        await step(`Verify ${ref}`, () => verify(ref, digest, signer)).catch((error: unknown) => {
            if (!(error instanceof UserError)) throw error;
            refused.push(`${ref}@${digest}: ${(error.details.evidence ?? [error.message]).at(-1)}`);
        });
    }
    if (refused.length === 0) return;
    throw new UserError(`${refused.length} of ${Object.keys(digests).length} images have no signature that counts`, {
        allowed: `signed by ${signer.identity}, under their own names`,
        evidence: refused,
        fix: "don't deploy them; the workflow that builds images signs them, see SECURITY.md",
    });
}

/** Signs an image under its name, by the identity of the job that does it; a list of platforms with each image in it. */
export async function sign(ref: string, digest: string, isList = false): Promise<void> {
    await cosign(["sign", "--yes", ...(isList ? ["--recursive"] : []), ...named(ref), byDigest(ref, digest)]);
}

/** Leaves a signed list of what is in an image beside it. */
export async function attest(ref: string, digest: string, bill: string): Promise<void> {
    await cosign(["attest", "--yes", "--type", "spdxjson", "--predicate", bill, byDigest(ref, digest)]);
}

/**
 * Writes what is in an image, as it is in the registry: packages of the distribution, of Python, Java and Go.
 *
 * @param digest of one platform's image, not of a list
 */
export async function billOf(ref: string, digest: string, file: string): Promise<void> {
    const source = `registry:${byDigest(ref, digest)}`;
    await present(
        "syft",
        ["scan", source, "--quiet", "--output", `spdx-json=${file}`],
        "https://github.com/anchore/syft",
    );
}

const cosign = (args: string[]) =>
    present("cosign", args, "https://docs.sigstore.dev/cosign/system_config/installation");

async function present(program: string, args: string[], page: string): Promise<void> {
    await run(program, args).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
        throw new UserError(`${program} is not there, which this needs`, { fix: `install it: ${page}` });
    });
}
