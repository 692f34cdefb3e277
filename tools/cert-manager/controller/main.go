// Command controller issues and renews certificates: cert-manager's controllers for issuers that sign in the cluster, a CA's and the
// self-signed one. Those that ask a server elsewhere (ACME, Vault, Venafi) stay away: what they need of clouds is a third of what
// there is to compile, and a bare machine reaches none of them.
package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/sets"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/sandbox/program"

	_ "github.com/cert-manager/cert-manager/pkg/controller/certificate-shim/ingresses"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/metrics"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	_ "github.com/cert-manager/cert-manager/pkg/controller/clusterissuers"
	_ "github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
)

// workers of each controller, as upstream's default is.
const workers = 5

func main() {
	// Upstream's defaults, which its command keeps beside the library.
	options := controller.ContextOptions{
		KubernetesAPIQPS:   20,
		KubernetesAPIBurst: 50,
		IngressShimOptions: controller.IngressShimOptions{
			DefaultIssuerKind:                 "Issuer",
			DefaultIssuerGroup:                "cert-manager.io",
			DefaultAutoCertificateAnnotations: []string{"kubernetes.io/tls-acme"},
			GatewayAPIExtraProtocols:          sets.New[string](),
		},
		CertificateOptions: controller.CertificateOptions{
			CopiedAnnotationPrefixes:                 []string{"*", "-kubectl.kubernetes.io/", "-fluxcd.io/", "-argocd.argoproj.io/"},
			CertificateRequestMinimumBackoffDuration: time.Hour,
			CertificateRequestMaximumBackoffDuration: 32 * time.Hour,
		},
	}
	var metricsAddress, healthAddress string
	flags := program.NewFlags()
	election := program.NewElection(flags)
	flags.StringVar(&options.ClusterResourceNamespace, "cluster-resource-namespace", "kube-system", "namespace of cluster issuers' Secrets")
	flags.BoolVar(&options.EnableOwnerRef, "enable-certificate-owner-ref", false, "a certificate takes its Secret along when it goes")
	flags.StringVar(&options.HTTP01SolverImage, "acme-http01-solver-image", "", "given by the chart; no ACME issuer is served")
	flags.IntVar(&options.MaxConcurrentChallenges, "max-concurrent-challenges", 60, "given by the chart; no ACME issuer is served")
	flags.StringVar(&metricsAddress, "metrics-listen-address", "0.0.0.0:9402", "address of the metrics; 0 for none")
	flags.StringVar(&healthAddress, "healthz-listen-address", "0.0.0.0:9403", "address of /livez")

	program.Main(flags, func(ctx context.Context) error {
		options.Kubeconfig = flags.Kubeconfig()
		factory, err := controller.NewContextFactory(ctx, options)
		if err != nil {
			return err
		}
		config, err := flags.Config("controller")
		if err != nil {
			return err
		}
		managed := election.Options("cert-manager-controller", runtime.NewScheme())
		managed.HealthProbeBindAddress = healthAddress
		managed.LivenessEndpointName = "/livez"
		// cert-manager's metrics are in a registry of its own.
		managed.Metrics = metricsserver.Options{BindAddress: "0"}
		held, err := ctrl.NewManager(config, managed)
		if err != nil {
			return err
		}
		if err := held.AddHealthzCheck("ping", healthz.Ping); err != nil {
			return err
		}
		if err := serveMetrics(held, factory, metricsAddress); err != nil {
			return err
		}
		if err := held.Add(manager.RunnableFunc(func(ctx context.Context) error { return control(ctx, factory) })); err != nil {
			return err
		}
		return held.Start(ctx)
	})
}

// serveMetrics adds the server of cert-manager's metrics to what the manager runs, whether it leads or not.
func serveMetrics(held ctrl.Manager, factory *controller.ContextFactory, address string) error {
	if address == "0" {
		return nil
	}
	shared, err := factory.Build()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return held.Add(&manager.Server{Name: "metrics", Server: shared.Metrics.NewServer(listener), Listener: listener})
}

// control runs every controller that is in the program until the context ends or one of them fails.
func control(ctx context.Context, factory *controller.ContextFactory) error {
	group, ctx := errgroup.WithContext(ctx)
	var controllers []controller.Interface
	for name, construct := range controller.Known() {
		made, err := construct(factory)
		if err != nil {
			return fmt.Errorf("controller %s: %w", name, err)
		}
		controllers = append(controllers, made)
	}
	// The informers are shared: they start once every controller has asked for its own.
	shared, err := factory.Build()
	if err != nil {
		return err
	}
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	shared.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	for _, each := range controllers {
		group.Go(func() error { return each.Run(workers, ctx) })
	}
	return group.Wait()
}
