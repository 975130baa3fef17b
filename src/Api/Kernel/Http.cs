using System.Reflection;
using System.Text.Json;
using IaaS.Agents.Gateway;
using IaaS.Commands.Kernel;
using IaaS.Domain.Kernel;
using IaaS.Projections.Kernel;
using IaaS.Projections.Rebuild;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Npgsql;
using OpenTelemetry.Metrics;
using Scalar.AspNetCore;

namespace IaaS.Api.Kernel;

/// <summary>What is around the endpoints: limits, errors, who is there, health, metrics, the API's description.</summary>
public static class Http
{
    extension(WebApplicationBuilder builder)
    {
        public void AddHttp(ServerOptions options)
        {
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = Body.MaxDiscardedBytes;
                var http = new Uri(options.Url);
                kestrel.Listen(Address(http), http.Port, l => l.Protocols = HttpProtocols.Http1);
                var agents = new Uri(options.AgentUrl);
                // Agents speak HTTP/2 only, and without TLS one port cannot tell the two apart.
                kestrel.Listen(Address(agents), agents.Port, l => l.Protocols = HttpProtocols.Http2);
            });
            builder.Services.ConfigureHttpJsonOptions(o =>
            {
                Json.Apply(o.SerializerOptions);
                // Bodies are read within a depth of their own; what is written, the description of the API above all, is as deep as it is.
                o.SerializerOptions.MaxDepth = 64;
            });
            builder.Services.AddProblemDetails();
            builder.Services.AddOpenApi("v1", o => o.AddDocumentTransformer((document, _, _) =>
            {
                document.Info.Title = "IaaS control plane";
                document.Info.Version = "v1";
                document.Servers?.Clear();
                return Task.CompletedTask;
            }));
            builder.Services.AddSingleton<Metrics>();
            builder.Services.AddOpenTelemetry().WithMetrics(m => m
                .AddMeter(Metrics.Name).AddRuntimeInstrumentation().AddAspNetCoreInstrumentation().AddPrometheusExporter());
        }
    }

    extension(WebApplication app)
    {
        public void UseHttp(IReadOnlyList<Assembly> parts)
        {
            app.UseExceptionHandler(e => e.Run(RespondToFaultAsync));
            app.UseStatusCodePages(context => context.HttpContext.Response.StatusCode switch
            {
                404 => Problems.Of(404, "http.no-such-path", $"There is nothing at {context.HttpContext.Request.Path}. GET /openapi/v1.json lists what there is.").ExecuteAsync(context.HttpContext),
                405 => Problems.Of(405, "http.no-such-method", $"{context.HttpContext.Request.Method} is not done to {context.HttpContext.Request.Path}.").ExecuteAsync(context.HttpContext),
                // Routing refuses by content type before an endpoint can.
                415 => Problems.Of(415, "request.not-json", $"The body is {context.HttpContext.Request.ContentType}. Send application/json.").ExecuteAsync(context.HttpContext),
                _ => Task.CompletedTask,
            });
            app.Use(async (http, next) =>
            {
                if (!http.RequestServices.GetRequiredService<Readiness>().IsReady && http.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal))
                {
                    http.Response.Headers.RetryAfter = "1";
                    await Problems.Of(503, "server.starting", "The server is catching up with its log. Try again in a second.").ExecuteAsync(http);
                    return;
                }

                await next(http);
            });
            app.UseMiddleware<Authentication>();
            var admission = app.Services.GetRequiredService<Admission>();
            app.Use(admission.InvokeAsync);
            app.MapOpenApi("/openapi/{documentName}.json");
            app.MapScalarApiReference("/docs", o => o.WithTitle("IaaS control plane"));
            app.MapGet("/", () => TypedResults.Redirect("/docs")).ExcludeFromDescription();
            app.MapPrometheusScrapingEndpoint("/metrics");
            app.MapGet("/health/live", () => TypedResults.Ok(new { status = "alive" })).ExcludeFromDescription();
            app.MapGet("/health/ready", ReadyAsync).ExcludeFromDescription();
            app.MapAgentGateway();
            app.MapEveryEndpoint(parts);
            _ = app.Services.GetRequiredService<Metrics>();
        }
    }

    private static System.Net.IPAddress Address(Uri url) => url.Host switch
    {
        "localhost" => System.Net.IPAddress.Loopback,
        "*" or "+" or "0.0.0.0" => System.Net.IPAddress.Any,
        var host => System.Net.IPAddress.Parse(host.Trim('[', ']')),
    };

    private static Task RespondToFaultAsync(HttpContext http)
    {
        var fault = http.Features.Get<IExceptionHandlerFeature>()?.Error;
        var problem = fault switch
        {
            Microsoft.AspNetCore.Http.BadHttpRequestException { StatusCode: 413 } => Problems.Of(413, "request.too-large", $"A body has at most {Body.MaxBytes} bytes."),
            Microsoft.AspNetCore.Http.BadHttpRequestException bad => Problems.Of(bad.StatusCode, "request.malformed", bad.Message),
            StoreUnavailableException or NpgsqlException => Problems.Of(new Rejection(RejectionKind.Unavailable, "store.unavailable",
                "The database does not answer. Nothing is lost that was acknowledged. Try again.")),
            JsonException json => Problems.Of(400, "request.malformed", json.Message),
            _ => Problems.Of(500, "internal.error", "A fault of the control plane. Its log has the details."),
        };
        return problem.ExecuteAsync(http);
    }

    private static async Task<IResult> ReadyAsync(Readiness readiness, NpgsqlDataSource db, Projector projector, Rebuilder rebuilder, CancellationToken ct)
    {
        try
        {
            await using var command = db.CreateCommand("select 1");
            await command.ExecuteScalarAsync(ct);
        }
        catch (NpgsqlException e)
        {
            return Problems.Of(503, "store.unavailable", $"The database does not answer: {e.Message}");
        }

        return readiness.IsReady
            ? TypedResults.Ok(new
            {
                status = "ready",
                position = projector.Position,
                lag = projector.Lag,
                stopped = projector.Views.Where(v => v.Failure is not null).Select(v => v.View).ToArray(),
                rebuilding = rebuilder.Rebuilding,
            })
            : Problems.Of(503, "server.starting", "The server is catching up with its log.");
    }
}
