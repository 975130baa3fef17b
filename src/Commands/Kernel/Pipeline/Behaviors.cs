using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FluentValidation;
using IaaS.Domain.Kernel;
using IaaS.Domain.Operation;
using MediatR;

namespace IaaS.Commands.Kernel.Pipeline;

/// <summary>Refuses what the caller may not change.</summary>
public sealed class AuthorizationBehavior : IPipelineBehavior<Submit, Submitted>
{
    public Task<Submitted> Handle(Submit request, CancellationToken cancellationToken, RequestHandlerDelegate<Submitted> next)
    {
        var caller = request.Caller;
        return caller.MayChange(request.Project) ? next() : Task.FromResult(Submitted.Refuse(RejectionKind.Forbidden, "auth.forbidden",
            $"A token with the role {caller.Role} may not do {request.Workflow} on {request.Subject}. Use a token that may."));
    }
}

/// <summary>Checks the shape of the input with the validator that its type brings along.</summary>
public sealed class ValidationBehavior(IEnumerable<IValidator> validators) : IPipelineBehavior<Submit, Submitted>
{
    private readonly FrozenDictionary<Type, IValidator> byType = validators
        .ToFrozenDictionary(v => v.GetType().BaseType!.GenericTypeArguments[0]);

    public Task<Submitted> Handle(Submit request, CancellationToken cancellationToken, RequestHandlerDelegate<Submitted> next)
    {
        if (!byType.TryGetValue(request.Input.GetType(), out var validator)) return next();
        var result = validator.Validate(new ValidationContext<object>(request.Input));
        if (result.IsValid) return next();

        var fields = result.Errors.GroupBy(e => Wire(e.PropertyName), StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Select(e => e.ErrorMessage).ToArray(), StringComparer.Ordinal);
        return Task.FromResult(new Submitted(null, new Rejection(RejectionKind.Invalid, "request.invalid",
            string.Join(" ", fields.Select(f => $"{f.Key}: {string.Join(' ', f.Value)}"))), fields));
    }

    private static string Wire(string property) =>
        string.Join('.', property.Split('.').Select(JsonNamingPolicy.CamelCase.ConvertName));
}

/// <summary>Refuses keys that are none.</summary>
public sealed class IdempotencyBehavior : IPipelineBehavior<Submit, Submitted>
{
    private const int MaxKeyLength = 200;

    public Task<Submitted> Handle(Submit request, CancellationToken cancellationToken, RequestHandlerDelegate<Submitted> next)
    {
        if (request.IdempotencyKey is not { } key) return next();
        return key.Length is 0 or > MaxKeyLength
            ? Task.FromResult(Submitted.Refuse(RejectionKind.Invalid, "idempotency.bad-key", $"An idempotency key has 1 to {MaxKeyLength} characters."))
            : next();
    }

    /// <summary>The operation that a caller's key stands for.</summary>
    public static OperationId OperationOf(string actor, string key) => OperationId.Of(
        $"{OperationId.Kind}-k{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{actor}\n{key}")).AsSpan(0, 16))}");
}
