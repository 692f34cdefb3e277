import * as pulumi from "@pulumi/pulumi";

import { Peer } from "./peer";
import { TlsServer } from "./tls";

/** Something that listens in one place, with a certificate. */
export interface Service extends TlsServer {
    peer: Peer;
    /** Resource to depend on before starting a client. */
    ready: pulumi.Resource;
}
