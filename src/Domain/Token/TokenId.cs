using IaaS.Domain.Kernel;

namespace IaaS.Domain.Token;

/// <summary>A secret that lets its bearer in, and as whom.</summary>
public readonly record struct TokenId(string Value) : IResourceId<TokenId>
{
    public static string Kind => "token";
    public static TokenId Of(string value) => new(value);
    public override string ToString() => Value;
}
