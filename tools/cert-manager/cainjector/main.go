// Command cainjector writes the authority of webhooks and of API services into their configurations.
package main

import (
	"context"

	core "k8s.io/api/core/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/cert-manager/cert-manager/pkg/controller/cainjector"
	"github.com/cert-manager/cert-manager/sandbox/program"
)

func main() {
	var metricsAddress string
	flags := program.NewFlags()
	election := program.NewElection(flags)
	flags.StringVar(&metricsAddress, "metrics-listen-address", "0.0.0.0:9402", "address of the metrics; 0 for none")
	program.Main(flags, func(ctx context.Context) error {
		config, err := flags.Config("cainjector")
		if err != nil {
			return err
		}
		kinds := runtime.NewScheme()
		for _, add := range []func(*runtime.Scheme) error{
			scheme.AddToScheme, certmanager.AddToScheme, apiextensions.AddToScheme, apiregistration.AddToScheme,
		} {
			if err := add(kinds); err != nil {
				return err
			}
		}
		options := election.Options("cert-manager-cainjector-leader-election", kinds)
		options.Metrics = metricsserver.Options{BindAddress: metricsAddress}
		// Secrets are watched by their metadata, and read when one is needed: the cluster's aren't kept in memory.
		options.Client = client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&core.Secret{}}}}
		manager, err := ctrl.NewManager(config, options)
		if err != nil {
			return err
		}
		if err := cainjector.RegisterAllInjectors(ctx, manager, cainjector.SetupOptions{
			EnableCertificatesDataSource: true,
			EnabledReconcilersFor: map[string]bool{
				cainjector.MutatingWebhookConfigurationName:   true,
				cainjector.ValidatingWebhookConfigurationName: true,
				cainjector.APIServiceName:                     true,
				cainjector.CustomResourceDefinitionName:       true,
			},
		}); err != nil {
			return err
		}
		return manager.Start(ctx)
	})
}
