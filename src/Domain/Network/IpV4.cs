using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace IaaS.Domain.Network;

/// <summary>An IPv4 address as the number that it is, so that ranges can be counted. Written in dots.</summary>
[JsonConverter(typeof(IpV4Converter))]
public readonly record struct IpV4(uint Value) : IComparable<IpV4>
{
    public int CompareTo(IpV4 other) => Value.CompareTo(other.Value);

    public static bool operator <(IpV4 left, IpV4 right) => left.Value < right.Value;
    public static bool operator >(IpV4 left, IpV4 right) => left.Value > right.Value;
    public static bool operator <=(IpV4 left, IpV4 right) => left.Value <= right.Value;
    public static bool operator >=(IpV4 left, IpV4 right) => left.Value >= right.Value;

    public IpV4 Next => new(Value + 1);

    /// <summary>Takes four decimal numbers with dots, nothing else: no octal, no short forms, no spaces.</summary>
    public static bool TryParse(string? text, out IpV4 address)
    {
        address = default;
        var parts = (text ?? "").Split('.');
        if (parts.Length != 4) return false;
        uint value = 0;
        foreach (var part in parts)
        {
            if (part.Length is 0 or > 3 || (part.Length > 1 && part[0] == '0')) return false;
            if (!byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var octet)) return false;
            value = (value << 8) | octet;
        }

        address = new IpV4(value);
        return true;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Value >> 24}.{(Value >> 16) & 255}.{(Value >> 8) & 255}.{Value & 255}");
}

/// <summary>An address as text, also where it is a key.</summary>
public sealed class IpV4Converter : JsonConverter<IpV4>
{
    public override IpV4 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Of(reader.GetString());

    public override IpV4 ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Of(reader.GetString());

    public override void Write(Utf8JsonWriter writer, IpV4 value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());

    public override void WriteAsPropertyName(Utf8JsonWriter writer, IpV4 value, JsonSerializerOptions options) => writer.WritePropertyName(value.ToString());

    private static IpV4 Of(string? text) => IpV4.TryParse(text, out var address) ? address : throw new JsonException($"'{text}' is no IPv4 address.");
}

/// <summary>A subnet: <c>10.0.0.0/16</c>.</summary>
public readonly record struct Subnet(IpV4 Network, int PrefixLength)
{
    private uint Mask => PrefixLength == 0 ? 0 : uint.MaxValue << (32 - PrefixLength);

    public IpV4 Broadcast => new(Network.Value | ~Mask);

    /// <summary>True for an address that a host can have: inside, and neither the network's nor the broadcast address.</summary>
    public bool Holds(IpV4 address) => (address.Value & Mask) == Network.Value && address > Network && address < Broadcast;

    /// <summary>Takes a network address and a prefix length from 8 to 30.</summary>
    public static bool TryParse(string? text, out Subnet subnet)
    {
        subnet = default;
        var parts = (text ?? "").Split('/');
        if (parts.Length != 2 || !IpV4.TryParse(parts[0], out var network)) return false;
        if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length is < 8 or > 30) return false;
        subnet = new Subnet(network, length);
        return (network.Value & subnet.Mask) == network.Value;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Network}/{PrefixLength}");
}
