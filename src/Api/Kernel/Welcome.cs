namespace IaaS.Api.Kernel;

/// <summary>The first thing that a new operator reads.</summary>
public static class Welcome
{
    public static async Task WriteAsync(TextWriter to, Server server, bool demo)
    {
        var token = server.AdminToken ?? "<your token>";
        await to.WriteLineAsync($"""
            The control plane is at {server.Url}  (reference: {server.Url}/docs)
            {(server.AdminToken is null
                ? "The administrator's token was printed on the first start; --new-admin-token makes another."
                : $"The administrator's token, printed this once: {token}")}
            """);
        if (demo)
        {
            await to.WriteLineAsync($$"""
                Create a VM:
                  curl -s {{server.Url}}/v1/vms -H 'Authorization: Bearer {{token}}' -H 'Content-Type: application/json' \
                    -d '{"name":"web-1","imageId":"image-demo","offeringId":"offering-small","networkIds":["l3-demo"]}'
                """);
        }

        await to.WriteLineAsync("Ctrl-C stops it.");
    }
}
