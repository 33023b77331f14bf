// The Go SDKs, as their own documentation uses them; only endpoint and trust differ.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

var (
	url          = os.Getenv("ARMATURE_SANDBOX_URL")
	tenant       = os.Getenv("AZURE_TENANT_ID")
	subscription = os.Getenv("AZURE_SUBSCRIPTION_ID")
	ctx          = context.Background()
)

func row(name string, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	line, _ := json.Marshal(map[string]string{"case": name, "error": text})
	fmt.Println(string(line))
}

// One case: a panic is a failed row too.
func run(name string, body func() error) {
	var err error
	func() {
		defer func() {
			if caught := recover(); caught != nil {
				err = fmt.Errorf("panic: %v", caught)
			}
		}()
		err = body()
	}()
	row(name, err)
}

func expect(fine bool, what string) error {
	if fine {
		return nil
	}
	return errors.New("unexpected: " + what)
}

func code(err error) string {
	var refused *azcore.ResponseError
	if errors.As(err, &refused) {
		return refused.ErrorCode
	}
	return ""
}

func main() {
	sandbox := cloud.Configuration{
		ActiveDirectoryAuthorityHost: url,
		Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Audience: url, Endpoint: url},
		},
	}
	options := policy.ClientOptions{Cloud: sandbox}
	credential, err := azidentity.NewClientSecretCredential(tenant, os.Getenv("AZURE_CLIENT_ID"), os.Getenv("AZURE_CLIENT_SECRET"),
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
	if err != nil {
		panic(err)
	}
	scope := policy.TokenRequestOptions{Scopes: []string{url + "/.default"}}
	run("ClientSecretCredential.GetToken", func() error {
		_, err := credential.GetToken(ctx, scope)
		return err
	})
	run("DefaultAzureCredential.GetToken", func() error {
		found, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{
			ClientOptions: options, DisableInstanceDiscovery: true})
		if err != nil {
			return err
		}
		_, err = found.GetToken(ctx, scope)
		return err
	})
	run("ClientSecretCredential with a wrong secret", func() error {
		wrong, err := azidentity.NewClientSecretCredential(tenant, os.Getenv("AZURE_CLIENT_ID"), "wrong",
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
		if err != nil {
			return err
		}
		_, err = wrong.GetToken(ctx, scope)
		return expect(err != nil && strings.Contains(err.Error(), "AADSTS7000215"), fmt.Sprint(err))
	})
	run("ClientCertificateCredential.GetToken", func() error {
		pem, err := os.ReadFile(os.Getenv("ARMATURE_ROBOT_PEM"))
		if err != nil {
			return err
		}
		certificates, key, err := azidentity.ParseCertificates(pem, nil)
		if err != nil {
			return err
		}
		found, err := azidentity.NewClientCertificateCredential(tenant, os.Getenv("ARMATURE_ROBOT_ID"), certificates, key,
			&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
		if err != nil {
			return err
		}
		_, err = found.GetToken(ctx, scope)
		return err
	})
	run("WorkloadIdentityCredential.GetToken", func() error {
		found, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			ClientOptions: options, DisableInstanceDiscovery: true, ClientID: os.Getenv("ARMATURE_ROBOT_ID")})
		if err != nil {
			return err
		}
		_, err = found.GetToken(ctx, scope)
		return err
	})
	clients, err := armresources.NewClientFactory(subscription, credential, &arm.ClientOptions{ClientOptions: options})
	if err != nil {
		panic(err)
	}
	groups(clients)
	resources(clients)
	deployments(clients)
	roles(credential, options)
	vault(clients, credential)
	run("ResourceGroups.BeginDelete", func() error {
		poller, err := clients.NewResourceGroupsClient().BeginDelete(ctx, "go", nil)
		if err != nil {
			return err
		}
		_, err = poller.PollUntilDone(ctx, nil)
		return err
	})
}

func groups(clients *armresources.ClientFactory) {
	client := clients.NewResourceGroupsClient()
	run("ResourceGroups.CreateOrUpdate", func() error {
		made, err := client.CreateOrUpdate(ctx, "go", armresources.ResourceGroup{Location: to.Ptr("westeurope")}, nil)
		if err != nil {
			return err
		}
		return expect(*made.Properties.ProvisioningState == "Succeeded", *made.Properties.ProvisioningState)
	})
	run("ResourceGroups.NewListPager", func() error {
		found := false
		for pager := client.NewListPager(nil); pager.More(); {
			page, err := pager.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, group := range page.Value {
				found = found || *group.Name == "go"
			}
		}
		return expect(found, "it is not in the list")
	})
	run("ResourceGroups.CheckExistence", func() error {
		there, err := client.CheckExistence(ctx, "go", nil)
		if err != nil {
			return err
		}
		return expect(there.Success, "not there")
	})
	run("ResourceGroups.Get of nothing", func() error {
		_, err := client.Get(ctx, "none", nil)
		return expect(code(err) == "ResourceGroupNotFound", fmt.Sprint(err))
	})
}

func resources(clients *armresources.ClientFactory) {
	client := clients.NewClient()
	id := "/subscriptions/" + subscription + "/resourceGroups/go/providers/Microsoft.Storage/storageAccounts/gostore"
	run("Resources.BeginCreateOrUpdateByID", func() error {
		poller, err := client.BeginCreateOrUpdateByID(ctx, id, "2022-09-01", armresources.GenericResource{
			Location: to.Ptr("westeurope"), Kind: to.Ptr("StorageV2"), SKU: &armresources.SKU{Name: to.Ptr("Standard_LRS")},
			Properties: map[string]any{}}, nil)
		if err != nil {
			return err
		}
		made, err := poller.PollUntilDone(ctx, nil)
		if err != nil {
			return err
		}
		return expect(*made.ID == id, *made.ID)
	})
	run("Resources.GetByID", func() error {
		found, err := client.GetByID(ctx, id, "2022-09-01", nil)
		if err != nil {
			return err
		}
		return expect(*found.Kind == "StorageV2", *found.Kind)
	})
}

func deployments(clients *armresources.ClientFactory) {
	client := clients.NewDeploymentsClient()
	run("Deployments.BeginCreateOrUpdate", func() error {
		poller, err := client.BeginCreateOrUpdate(ctx, "go", "one", armresources.Deployment{Properties: &armresources.DeploymentProperties{
			Mode: to.Ptr(armresources.DeploymentModeIncremental),
			Template: map[string]any{
				"$schema":        "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
				"contentVersion": "1.0.0.0", "resources": []any{},
				"outputs": map[string]any{"where": map[string]any{"type": "string", "value": "[resourceGroup().location]"}},
			}}}, nil)
		if err != nil {
			return err
		}
		done, err := poller.PollUntilDone(ctx, nil)
		if err != nil {
			return err
		}
		return expect(*done.Properties.ProvisioningState == armresources.ProvisioningStateSucceeded, "not succeeded")
	})
}

func roles(credential azcore.TokenCredential, options policy.ClientOptions) {
	run("RoleDefinitions.NewListPager", func() error {
		client, err := armauthorization.NewRoleDefinitionsClient(credential, &arm.ClientOptions{ClientOptions: options})
		if err != nil {
			return err
		}
		pager := client.NewListPager("/subscriptions/"+subscription, &armauthorization.RoleDefinitionsClientListOptions{
			Filter: to.Ptr("roleName eq 'Reader'")})
		page, err := pager.NextPage(ctx)
		if err != nil {
			return err
		}
		return expect(len(page.Value) == 1, fmt.Sprint(len(page.Value)))
	})
}

func vault(clients *armresources.ClientFactory, credential azcore.TokenCredential) {
	var secrets *azsecrets.Client
	run("a vault by ARM", func() error {
		id := "/subscriptions/" + subscription + "/resourceGroups/go/providers/Microsoft.KeyVault/vaults/govault"
		poller, err := clients.NewClient().BeginCreateOrUpdateByID(ctx, id, "2023-07-01", armresources.GenericResource{
			Location: to.Ptr("westeurope"), Properties: map[string]any{
				"tenantId": tenant, "sku": map[string]any{"family": "A", "name": "standard"},
				"enableRbacAuthorization": true, "accessPolicies": []any{}}}, nil)
		if err != nil {
			return err
		}
		made, err := poller.PollUntilDone(ctx, nil)
		if err != nil {
			return err
		}
		uri := made.Properties.(map[string]any)["vaultUri"].(string)
		secrets, err = azsecrets.NewClient(uri, credential, nil)
		return err
	})
	run("azsecrets.SetSecret", func() error {
		_, err := secrets.SetSecret(ctx, "pass", azsecrets.SetSecretParameters{Value: to.Ptr("open sesame")}, nil)
		return err
	})
	run("azsecrets.GetSecret", func() error {
		found, err := secrets.GetSecret(ctx, "pass", "", nil)
		if err != nil {
			return err
		}
		return expect(*found.Value == "open sesame", *found.Value)
	})
	run("azsecrets.DeleteSecret", func() error {
		_, err := secrets.DeleteSecret(ctx, "pass", nil)
		return err
	})
	run("azsecrets.RecoverDeletedSecret", func() error {
		_, err := secrets.RecoverDeletedSecret(ctx, "pass", nil)
		return err
	})
}
