# The same in the words of az: a group made, read and deleted, and one that it may not make.
set -e
if [ -n "$ARM_ENDPOINT" ]; then # of a cloud of one's own
  az cloud register -n own --endpoint-resource-manager "$ARM_ENDPOINT"
  az cloud set -n own
fi
az login --identity -o none
echo "created $(az group create -n "$1" -l westeurope --query name -o tsv)"
echo "read $(az group show -n "$1" --query location -o tsv)"
az group delete -n "$1" --yes
echo "deleted $1"
echo "denied $(az group create -n "$2" -l westeurope 2>&1 | tr '\n' ' ')"
