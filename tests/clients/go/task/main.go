// A program for Azure as its documentation writes it: a group made, read and deleted, and one that it may not make.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	ctx, mine, other := context.Background(), os.Args[1], os.Args[2]
	options := &arm.ClientOptions{}
	if endpoint := os.Getenv("ARM_ENDPOINT"); endpoint != "" { // of a cloud of one's own
		options.Cloud = cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Audience: "https://management.azure.com", Endpoint: endpoint}}}
	}
	credential := must(azidentity.NewDefaultAzureCredential(nil))
	groups := must(armresources.NewResourceGroupsClient(os.Getenv("AZURE_SUBSCRIPTION_ID"), credential, options))
	made := must(groups.CreateOrUpdate(ctx, mine, armresources.ResourceGroup{Location: to.Ptr("westeurope")}, nil))
	fmt.Println("created", *made.Name)
	fmt.Println("read", *must(groups.Get(ctx, mine, nil)).Location)
	must(must(groups.BeginDelete(ctx, mine, nil)).PollUntilDone(ctx, nil))
	fmt.Println("deleted", mine)
	_, err := groups.CreateOrUpdate(ctx, other, armresources.ResourceGroup{Location: to.Ptr("westeurope")}, nil)
	fmt.Println("denied", err)
}
